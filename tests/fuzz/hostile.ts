/** Values made to go wrong: where an identifier, a number, a text or a whole body is expected. */
import { Buffer } from 'node:buffer'

const SERVER = 'ranvier.test'
const RAW_MARK = '~raw~'
const raw = (text: string): string => `${RAW_MARK}${text}${RAW_MARK}`

/** JSON of a body, in which {@link HOSTILE_VALUES} may have put text that `JSON.stringify` never writes. */
export function toJson(body: unknown): string {
  return JSON.stringify(body).replaceAll(new RegExp(`"${RAW_MARK}([^"]*)${RAW_MARK}"`, 'g'), '$1')
}

const nested = (depth: number): string => raw('['.repeat(depth) + ']'.repeat(depth))
const ownProto = (): object => JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":1}}')

/** Stand in for any member of a JSON body. */
// biome-ignore format: in groups
export const HOSTILE_VALUES: readonly unknown[] = [
  null, true, false, 0, -0, 1, -1, 0.5, -1.5, 2 ** 31, 2 ** 53, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300,
  raw('1e400'), raw('-1e400'), raw('9223372036854775808'), raw('1E-400'), raw('0.1e1'), raw('-0'),
  '', ' ', 'x', '0', '-1', 'true', 'null', 'a\0b', '\0', '\ud800', 'a\udc00b', '\u202e\ufeff', 'Ünïcödé 😀',
  '../../etc/passwd', "'; DROP TABLE users; --", '%', '%_\\', '{{7*7}}', '__proto__', '\r\nX: y', 'x'.repeat(300),
  'é'.repeat(5_000), 'x'.repeat(70_000), '@:', '@', `@nobody:${SERVER}`, '@a\0:b', '!x', '$x', 'mxc://', 'mxc://a/b',
  [], [null], [[]], ['\0'], ['\ud800'], ['x', 'x'], Array(300).fill('x'), nested(40), nested(3_000),
  {}, { x: { y: null } }, { '\0': '\0' }, { '': '' }, ownProto(), { length: 3 }, { toString: 1 },
]

/** Whole bodies that are no JSON object, or only just. */
// biome-ignore format: in groups
export const HOSTILE_BODIES: readonly (string | Buffer)[] = [
  '', ' ', 'null', '[]', '[{}]', '3', '"text"', 'true', '{', '{"a":', '{"a":1', '{} {}', '{}x', "{'a':1}", '{"a":NaN}',
  '{"a":1,}', '{"a":"\n"}', '{"a":"\\ud800"}', '{"\\u0000":1}', '{"a":1,"a":2}', '{"__proto__":{"admin":true}}', '\ufeff{}',
  'a=b&c=d', '<a/>', '['.repeat(50_000), '{"a":'.repeat(20_000), `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
  Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), Buffer.from([0]),
  Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'),
]

/** Path segments as they stand in the URL, unlike anything the server has handed out. */
// biome-ignore format: in groups
export const HOSTILE_SEGMENTS: readonly string[] = [
  '', '%00', '%2F', '%2e%2e', '..', '.', '%', '%zz', '%u0041', '%25', '%25%30%30', '%ED%A0%80', '%C3%28', '%FF', '%0d%0a',
  '%F0%9F%98%80', '%20', '*', '-1', '0', '1.5', '1e5', '99999999999999999999', 'null', '__proto__', 'constructor', '@', '@:',
  ':', 'a:b', 'x', `%40a%00:${SERVER}`, `@A:${SERVER}`, `@%C3%A9:${SERVER}`, `@%ED%A0%80:${SERVER}`, `@x:${SERVER}:1`,
  `@:${SERVER}`, `@x:${SERVER.toUpperCase()}`, `%40x%2Fy:${SERVER}`, '@x:[::1]', '@x:', '!', '!:', '!x', '!x:y:z', '$', '$x',
  "'%20OR%201=1--", '%25_', 'x'.repeat(255), `@${'x'.repeat(300)}:${SERVER}`, 'x'.repeat(5_000), '%F0%9F%98%80'.repeat(200),
]

/** Values of a query parameter as they stand in the URL. */
// biome-ignore format: in groups
export const HOSTILE_QUERY: readonly string[] = [
  '', '-1', '-0', '+5', '%2B5', '%205', '0', '00', '1.5', '1e3', '0x10', '1_000', '2147483648', '9007199254740991',
  '9007199254740993', '9223372036854775808', '99999999999999999999999', 'NaN', 'Infinity', 'true', 'false', 'True', '1', 'null',
  '%00', 'a%00b', '%FF', '%ED%A0%80', '%', '%zz', '%C3%A9', '%F0%9F%98%80', '%F0%9F%98', '%25', '_', '%5C', '[]', '{}', '{"a":',
  '%7B%22limit%22:-1%7D', '%7B%22types%22:[null]%7D', '__proto__', "'", '"', "';--", 'f', 'b', 's1', 't1-1_2', 's-1', 's99999999',
  'x'.repeat(300), 'x'.repeat(6_000),
]
