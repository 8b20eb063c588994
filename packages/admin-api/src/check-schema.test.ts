import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Schema, Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { schemaErrors } from './check-schema.ts'
import { firstErrorCheck } from './first-error.ts'
import type { Operation } from './openapi/operation.ts'
import { operations } from './openapi/operations.ts'
import { Type } from './schema.ts'

const Thing = Type.Object({
  name: Type.String({ minLength: 2, maxLength: 4 }),
  count: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
  kind: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
  parts: Type.Optional(
    Type.Array(Type.Object({ id: Type.Integer(), 'a/b~c ü': Type.Boolean() }), { maxItems: 2 }),
  ),
  by: Type.Optional(Type.Record(Type.String(), Type.Number())),
})

const said = (value: unknown) =>
  schemaErrors(Thing, value).map(({ keyword, instancePath, expected }) => [keyword, instancePath, expected])

test('what fits has no errors, also with members that no schema speaks of', () => {
  for (const value of [
    { name: 'ab' },
    { name: 'abcd', count: null, kind: 'b', parts: [], by: {} },
    { name: '😀😀😀😀', other: 1, parts: [{ id: 1, 'a/b~c ü': true, more: [] }], by: { x: 1.5 } },
  ])
    assert.deepEqual(said(value), [], JSON.stringify(value))
})

test('what does not fit is named: where, by which rule, and what the schema says', () => {
  assert.deepEqual(said({}), [['required', '', ['name']]])
  assert.deepEqual(said([]), [['type', '', 'object']])
  assert.deepEqual(said({ name: 1 }), [['type', '/name', 'string']])
  assert.deepEqual(said({ name: 'a' }), [['minLength', '/name', 2]])
  assert.deepEqual(said({ name: 'abcde' }), [['maxLength', '/name', 4]])
  assert.deepEqual(said({ name: 'ab', count: 1.5 }), [
    ['type', '/count', 'integer'],
    ['type', '/count', 'null'],
  ])
  assert.deepEqual(said({ name: 'ab', kind: 'c' }), [
    ['const', '/kind', 'a'],
    ['const', '/kind', 'b'],
  ])
  assert.deepEqual(said({ name: 'ab', parts: [{}] }), [['required', '/parts/0', ['id', 'a/b~c ü']]])
  assert.deepEqual(said({ name: 'ab', by: { x: '1' } }), [['type', '/by/x', 'number']])
  assert.deepEqual(said({ name: 'ab', parts: [{ id: 1, 'a/b~c ü': 2 }] })[0]![0], 'type')
})

test('names of members that are no text of Unicode, have line breaks or are those of all objects are names like others', () => {
  assert.deepEqual(said(JSON.parse('{"name": "ab", "__proto__": 1, "by": {"__proto__": "x"}}')), [
    ['type', '/by/__proto__', 'number'],
  ])
  assert.deepEqual(said({ name: 'ab', by: { '\ud800': 'x' } })[0]?.[0], 'propertyNames')
  assert.deepEqual(said({ name: 'ab', by: { 'a\nb': 'x' } }), [['type', '/by/a%0Ab', 'number']])
})

test('what fits is what the validator says, and the first error is one of its errors', () => {
  const validator = new Validator(Thing as unknown as Schema, '2020-12', false)
  const check = firstErrorCheck(Thing)!
  const some = fc.oneof(
    fc.constantFrom(null, true, 0, 1, 1.5, -1, '', 'a', 'ab', '😀😀', 'abcde'),
    fc.jsonValue(),
  )
  const wrongAtTimes = (right: fc.Arbitrary<unknown>) => fc.oneof({ weight: 20, arbitrary: right }, some)
  const part = fc.record(
    { id: wrongAtTimes(fc.integer()), 'a/b~c ü': wrongAtTimes(fc.boolean()) },
    { requiredKeys: [] },
  )
  const thing = fc.record(
    {
      name: wrongAtTimes(fc.string({ minLength: 2, maxLength: 5, unit: 'grapheme' })),
      count: wrongAtTimes(fc.option(fc.integer({ min: 0, max: 3 }))),
      kind: wrongAtTimes(fc.constantFrom('a', 'b', 'c')),
      parts: wrongAtTimes(fc.array(wrongAtTimes(part), { maxLength: 3 })),
      by: wrongAtTimes(fc.dictionary(fc.string(), wrongAtTimes(fc.double()))),
    },
    { requiredKeys: [] },
  )
  let fitting = 0
  fc.assert(
    fc.property(wrongAtTimes(thing), (value) => {
      const { errors } = validator.validate(value)
      const found = check(value)
      assert.equal(found === undefined, errors.length === 0)
      if (found === undefined) fitting++
      else assert.ok(errors.some(({ instanceLocation }) => instanceLocation === `#${found.instancePath}`))
    }),
    { numRuns: 1_000 },
  )
  assert.ok(fitting > 50 && fitting < 900, String(fitting))
})

test('of a large value one error is told, however many there are', () => {
  const parts = {
    name: 'ab',
    by: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`m${i}`, 'x'])),
  }
  assert.deepEqual(said(parts), [['type', '/by/m0', 'number']])
  assert.deepEqual(said({ by: parts.by }), [['required', '', ['name']]])
  const one = { name: 'ab', count: {}, more: Object.keys(parts.by) }
  assert.deepEqual(said({ ...one, by: {} }), [['type', '/count', 'integer or null']])
})

test('nothing that is sent to the Admin API needs the slow way as long as it fits', () => {
  const slow = Object.entries<Operation>(operations).flatMap(([id, { body }]) =>
    body === undefined || firstErrorCheck(body) !== undefined ? [] : [id],
  )
  assert.deepEqual(slow, [])
})
