import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaErrors } from './check-schema.ts'
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
