import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CanonicalJsonError, canonicalJson } from './canonical-json.ts'

test('the examples of the specification come out as printed there', () => {
  const examples: [unknown, string][] = [
    [{}, '{}'],
    [{ one: 1, two: 'Two' }, '{"one":1,"two":"Two"}'],
    [{ b: '2', a: '1' }, '{"a":"1","b":"2"}'],
    [
      {
        auth: {
          success: true,
          mxid: '@john.doe:example.com',
          profile: {
            display_name: 'John Doe',
            three_pids: [
              { medium: 'email', address: 'john.doe@example.org' },
              { medium: 'msisdn', address: '123456789' },
            ],
          },
        },
      },
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ],
    [{ a: '日本語' }, '{"a":"日本語"}'],
    [{ 本: 2, 日: 1 }, '{"日":1,"本":2}'],
    [{ a: '\u65e5' }, '{"a":"日"}'],
    [{ a: null }, '{"a":null}'],
    [{ a: -0, b: 1e10 }, '{"a":0,"b":10000000000}'],
  ]
  for (const [value, text] of examples) assert.equal(canonicalJson(value), text)
})

test('only what must be escaped is escaped', () => {
  assert.equal(canonicalJson('\b\t\n\f\r"\\/'), '"\\b\\t\\n\\f\\r\\"\\\\/"')
  assert.equal(canonicalJson('\u0000\u001f\u007f\u2028\u2029é💥'), '"\\u0000\\u001f\u007f\u2028\u2029é💥"')
  assert.equal(canonicalJson({ '"\n': 1 }), '{"\\"\\n":1}')
  const long = 'x'.repeat(100)
  assert.equal(canonicalJson(`${long}"${long}`), `"${long}\\"${long}"`)
})

test('keys are ordered by code point, not by UTF-16 unit', () => {
  const object = { '\u{10000}': 1, '\uffff': 2, '\ue000': 3, 'a\u{1f4a5}': 4, 'a\uff5e': 5, z: 6 }

  assert.deepEqual([...canonicalJson(object).matchAll(/:(\d)/g)].map((match) => match[1]).join(''), '546321')
})

test('keys that look like integers, or like a prototype, are keys like any other', () => {
  const object = JSON.parse('{"b":1,"10":2,"9":3,"__proto__":{"x":1},"a":4,"constructor":5}') as object

  assert.equal(canonicalJson(object), '{"10":2,"9":3,"__proto__":{"x":1},"a":4,"b":1,"constructor":5}')
})

test('objects with many keys in any order come out sorted', () => {
  for (const count of [2, 50, 99, 100, 101, 500]) {
    const keys = Array.from({ length: count }, (_, i) => `k${(i * 7919) % 1009}`)

    const written = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))

    assert.deepEqual(Object.keys(JSON.parse(written) as object), [...keys].sort())
  }
})

test('members without a value are left out, entries of a list may not be missing', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1, c: undefined }), '{"b":1}')
  assert.equal(canonicalJson({ '\u{1f4a5}': undefined, b: 1 }), '{"b":1}')
  assert.equal(canonicalJson({ a: undefined }), '{}')
  assert.throws(() => canonicalJson([undefined]), CanonicalJsonError)
})

test('what has no canonical form is refused', () => {
  const refused: unknown[] = [
    1.5,
    1e16,
    2 ** 53,
    -(2 ** 53),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    undefined,
    Symbol('x'),
    () => 1,
    '\ud800',
    '\udc00x',
    `${'x'.repeat(99)}\ud83d`,
    { '\ud800': 1 },
    { [`${'x'.repeat(99)}\udfff`]: 1 },
    new Date(0),
    new Map(),
    Buffer.from('a'),
  ]
  for (const value of refused) {
    assert.throws(() => canonicalJson(value), CanonicalJsonError)
    assert.throws(() => canonicalJson({ a: [value === undefined ? Symbol('y') : value] }), CanonicalJsonError)
  }
})

test('the largest integers are allowed', () => {
  assert.equal(
    canonicalJson([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
    '[9007199254740991,-9007199254740991]',
  )
})

test('old room versions tolerate floats and big numbers, never what is no number', () => {
  assert.equal(canonicalJson([1.5, 1e21, 2 ** 53, -0], { strict: false }), '[1.5,1e+21,9007199254740992,0]')
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, '\ud800'])
    assert.throws(() => canonicalJson(value, { strict: false }), CanonicalJsonError)
})

test('cycles and bottomless nesting end in an error, not in a stack overflow', () => {
  const cycle: unknown[] = []
  cycle.push(cycle, cycle)
  const deepList = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
  const deepObject = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`) as unknown

  for (const value of [cycle, deepList, deepObject])
    assert.throws(() => canonicalJson(value), CanonicalJsonError)
})

test('a value nested a thousand levels deep is still written', () => {
  const text = '['.repeat(1000) + ']'.repeat(1000)

  assert.equal(canonicalJson(JSON.parse(text)), text)
  assert.throws(() => canonicalJson([JSON.parse(text)]), CanonicalJsonError)
})

// Strings that stress the order: ASCII, the private use area, astral characters and the prototype's name.
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'b', '\ue000', '\uffff', '\u{10000}', '💥', '"', '\n', '1') }),
  fc.constant('__proto__'),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 8 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value

/** The definition, written for clarity: compares arrays of code points. */
function oracle(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oracle).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(Object.is(value, -0) ? 0 : value)
  const points = (key: string) => Array.from(key, (character) => character.codePointAt(0)!)
  const entries = Object.entries(value).sort(([a], [b]) => {
    const [x, y] = [points(a), points(b)]
    const at = x.findIndex((point, i) => point !== y[i])
    return at === -1 ? x.length - y.length : x[at]! - (y[at] ?? -1)
  })
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${oracle(item)}`).join(',')}}`
}

test('every value is written as the definition says', () => {
  fc.assert(
    fc.property(json, (value) => assert.equal(canonicalJson(value), oracle(value))),
    { numRuns: 500 },
  )
})

test('reading what was written and writing it again changes nothing', () => {
  fc.assert(
    fc.property(json, (value) => {
      const written = canonicalJson(value)

      assert.equal(canonicalJson(JSON.parse(written)), written)
    }),
  )
})
