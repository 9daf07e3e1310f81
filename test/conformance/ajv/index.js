/**
 * Ajv 8 for the schemas of Kubernetes' definitions. Their patterns are Go's, which may begin with flags, such as `(?i)` in
 * PrometheusRule; a regular expression of JavaScript does not, and Ajv ends at such a schema. Whoever judges manifests with
 * the Ajv of this project gets this one.
 */
const { default: Ajv } = require('ajv-8');

/** @type {import('ajv-8/dist/types').RegExpEngine} */
const goRegExp = (pattern, flags) => {
  const [, start, rest] = /^(\^?)\(\?i\)([^]*)$/.exec(pattern) ?? [];
  return rest === undefined ? new RegExp(pattern, flags) : new RegExp(start + rest, `${flags}i`);
};
goRegExp.code = 'new RegExp';

class GoPatternAjv extends Ajv {
  constructor(options = {}) {
    super({ ...options, code: { ...options.code, regExp: goRegExp } });
  }
}

module.exports = GoPatternAjv;
module.exports.default = GoPatternAjv;
