/** A host name, or an address of IPv4, or of IPv6 in brackets; then a port and a path. */
const HTTP_ADDRESS = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/[\w./~%+,:;@&=!*'()-]*)?$/i;

/**
 * Whether it is an address of http or https as programs are told one: without user, query, blanks and what Flux would replace.
 */
export const isHttpAddress = (address: unknown): address is string =>
  typeof address === 'string' && HTTP_ADDRESS.test(address) && URL.canParse(address);
