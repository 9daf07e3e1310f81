/** The name of an enum's value, which the text format writes without quotes. */
export class ProtobufEnum {
  constructor(readonly name: string) {}
}

type ProtobufScalar = string | number | boolean | ProtobufEnum;

/**
 * A message as an object: fields in the order in which they are written. Lists are repeated fields; an empty one is the same
 * as none, and is left out like undefined.
 */
export interface ProtobufMessage {
  readonly [field: string]:
    ProtobufScalar | ProtobufMessage | readonly ProtobufScalar[] | readonly ProtobufMessage[] | undefined;
}

/** A message in protobuf's text format, one field a line: what Triton reads in `config.pbtxt`. */
export function protobufText(message: ProtobufMessage): string {
  return `${fields(message, '').join('\n')}\n`;
}

function fields(message: ProtobufMessage, indent: string): string[] {
  return Object.entries(message).flatMap(([name, value]): string[] => {
    if (value === undefined) return [];
    if (!isList(value)) return field(name, value, indent);
    const scalars = value.filter(isScalar);
    return scalars.length > 0
      ? [`${indent}${name}: [ ${scalars.map(scalar).join(', ')} ]`]
      : value.flatMap((each) => field(name, each, indent));
  });
}

function field(name: string, value: ProtobufScalar | ProtobufMessage, indent: string): string[] {
  return isScalar(value)
    ? [`${indent}${name}: ${scalar(value)}`]
    : [`${indent}${name} {`, ...fields(value, `${indent}  `), `${indent}}`];
}

type ProtobufList = readonly (ProtobufScalar | ProtobufMessage)[];

const isList = (value: unknown): value is ProtobufList => Array.isArray(value);
const isScalar = (value: unknown): value is ProtobufScalar =>
  typeof value !== 'object' || value instanceof ProtobufEnum;

function scalar(value: ProtobufScalar): string {
  if (value instanceof ProtobufEnum) return value.name;
  return typeof value === 'string' ? quoted(value) : String(value);
}

const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A string as the text format reads it back, byte by byte: what cannot be printed as the octal numbers of its bytes. So is
 * the dollar sign before a brace, because Flux would put a variable in its place.
 */
function quoted(text: string): string {
  const escaped = text
    .replace(/[\\"\n\r\t]/g, (character) => NAMED[character]!)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|\$(?=\{)/gu, octal);
  return `"${escaped}"`;
}

/** Every byte of UTF-8 as three octal digits. Half a surrogate pair has no bytes; it becomes U+FFFD, as everywhere else. */
const octal = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
