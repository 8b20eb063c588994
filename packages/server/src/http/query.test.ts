import assert from 'node:assert/strict'
import { parse } from 'node:querystring'
import { test } from 'node:test'
import { MatrixError } from '../errors.ts'
import {
  queryBool,
  queryEnum,
  queryInt,
  queryList,
  queryString,
  requiredQueryInt,
  requiredQueryString,
} from './query.ts'

function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof MatrixError && error.status === 400) return `${error.errcode}: ${error.message}`
    throw error
  }
  return assert.fail('it was accepted')
}

test('integers are what Python takes for one, and not negative unless allowed', () => {
  const int = (text: string) => queryInt(parse(`n=${text}`), 'n')

  assert.deepEqual(['0', '12', '%2B3', '%205%20', '1_000'].map(int), [0, 12, 3, 5, 1000])
  assert.equal(queryInt(parse('n=-5'), 'n', { min: -10 }), -5)
  for (const text of ['', 'x', '1.5', '1e3', '0x1', '_1', '1__0', '9007199254740993', '-1', '-'])
    assert.match(
      refusal(() => int(text)),
      /^M_INVALID_PARAM: Query parameter 'n' must be/,
    )
  assert.equal(
    refusal(() => int('-1')),
    "M_INVALID_PARAM: Query parameter 'n' must be zero or positive, not '-1'",
  )
})

test('an absent parameter is its default, or is missed by name', () => {
  const query = parse('other=1')

  assert.equal(queryInt(query, 'n', { default: 7 }), 7)
  assert.equal(queryInt(query, 'n'), undefined)
  assert.equal(queryBool(query, 'n', true), true)
  assert.equal(queryEnum(query, 'n', ['a', 'b'], 'b'), 'b')
  assert.match(
    refusal(() => requiredQueryInt(query, 'n')),
    /^M_MISSING_PARAM: .*'n'/,
  )
  assert.match(
    refusal(() => requiredQueryString(query, 'n')),
    /^M_MISSING_PARAM: .*'n'/,
  )
})

test('booleans are exactly true or false', () => {
  assert.deepEqual([queryBool(parse('b=true'), 'b'), queryBool(parse('b=false'), 'b')], [true, false])
  for (const text of ['True', '1', '', 'yes'])
    assert.match(
      refusal(() => queryBool(parse(`b=${text}`), 'b')),
      /^M_INVALID_PARAM/,
    )
})

test('an enum names what it takes', () => {
  assert.equal(queryEnum(parse('dir=f'), 'dir', ['b', 'f']), 'f')
  assert.equal(
    refusal(() => queryEnum(parse('dir=F'), 'dir', ['b', 'f'])),
    "M_INVALID_PARAM: Query parameter 'dir' must be one of 'b', 'f', not 'F'",
  )
  assert.match(
    refusal(() => queryEnum(parse('dir=toString'), 'dir', ['b', 'f'])),
    /^M_INVALID_PARAM/,
  )
})

test('of a repeated parameter the first counts, unless a list is asked for', () => {
  const query = parse('a=1&a=2&b=')

  assert.equal(queryString(query, 'a'), '1')
  assert.deepEqual(queryList(query, 'a'), ['1', '2'])
  assert.deepEqual(queryList(query, 'b'), [''])
  assert.deepEqual(queryList(query, 'c'), [])
})
