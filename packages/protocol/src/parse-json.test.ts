import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from './canonical-json.ts'
import { InvalidJsonError, parseJson } from './parse-json.ts'

test('text and UTF-8 bytes give the same value', () => {
  const text = '{"a":[1,null,true,"é💥\\u00e9"],"b":{}}'

  assert.deepEqual(parseJson(text), { a: [1, null, true, 'é💥é'], b: {} })
  assert.deepEqual(parseJson(Buffer.from(text)), parseJson(text))
})

test('a prototype cannot be smuggled in', () => {
  const value = parseJson('{"__proto__":{"admin":true}}') as Record<string, unknown>

  assert.equal(value.admin, undefined)
  assert.equal(canonicalJson(value), '{"__proto__":{"admin":true}}')
})

test('of a repeated key the last value counts', () => {
  assert.deepEqual(parseJson('{"a":1,"a":2}'), { a: 2 })
})

test('what is not JSON is refused', () => {
  for (const text of [
    '',
    ' ',
    '{',
    "{'a':1}",
    '[1,]',
    'NaN',
    'undefined',
    '01',
    '\ufeff{}',
    '{"a":1}x',
    '"\n"',
  ])
    assert.throws(() => parseJson(text), InvalidJsonError, JSON.stringify(text))
})

test('bytes that are not UTF-8 are refused', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
    [0x22, 0xc3],
  ])
    assert.throws(() => parseJson(Uint8Array.from(bytes)), InvalidJsonError)
})

test('half a surrogate pair is refused, raw or escaped, in values and keys', () => {
  for (const text of ['"\ud800"', '"\\ud800"', '{"\\uDC00":1}', '["\\ud83dx"]'])
    assert.throws(() => parseJson(text), InvalidJsonError)
  assert.equal(parseJson('"\\ud83d\\udca5"'), '💥')
})

test('numbers beyond the range of doubles are refused', () => {
  for (const text of [
    '1e400',
    '-1E+400',
    '[1, 1e999]',
    '{"a":1.5e309}',
    '9'.repeat(400),
    `{"a": -${'9'.repeat(400)}}`,
  ])
    assert.throws(() => parseJson(text), InvalidJsonError, text)
  assert.deepEqual(parseJson('[1e3,1.5,-0.0,1e-400,"1e400"]'), [1000, 1.5, -0, 0, '1e400'])
})

test('nesting deeper than a thousand levels is refused without a stack overflow', () => {
  const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  assert.doesNotThrow(() => parseJson(lists(1000)))
  assert.throws(() => parseJson(lists(1001)), InvalidJsonError)
  assert.throws(() => parseJson(lists(100_000)), InvalidJsonError)
  assert.throws(() => parseJson(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), InvalidJsonError)
})

test('in a long text only brackets that are open at once count, and none in strings', () => {
  const brackets = '[{'.repeat(10_000)
  const flat = '[[],{}],'.repeat(5_000)
  for (const string of [brackets, `"${brackets}`, `\\"${brackets}`, `${brackets}\\`])
    assert.deepEqual(parseJson(JSON.stringify([string, { [string]: [] }])), [string, { [string]: [] }])
  assert.equal((parseJson(`[${flat}0]`) as unknown[]).length, 5_001)
  assert.throws(
    () => parseJson(`[${flat}${JSON.stringify(`\\"${brackets}`)},${brackets}`),
    /deeper than 1000/,
  )
  assert.throws(() => parseJson(`["${brackets}`), InvalidJsonError)
})
