import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatrixError } from '../errors.ts'
import { queryParams } from './query-params.ts'

const read = queryParams({
  from: { kind: 'int', default: 7, description: '' },
  since: { kind: 'int', required: true, description: '' },
  page: { kind: 'int', min: 1, description: '' },
  order: { kind: 'enum', values: ['a', 'b'], default: 'a', description: '' },
  on: { kind: 'bool', description: '' },
  off: { kind: 'bool', default: false, description: '' },
  name: { kind: 'string', description: '' },
  plain: { kind: 'string', ascii: true, description: '' },
  types: { kind: 'list', description: '' },
} as const)

const refused = (query: Record<string, string>, errcode: string) =>
  assert.throws(
    () => read({ since: '1', ...query }),
    (error) => error instanceof MatrixError && error.status === 400 && error.errcode === errcode,
  )

test('what is absent is the default, or undefined, or no value', () => {
  assert.deepEqual(read({ since: '1' }), {
    from: 7,
    since: 1,
    page: undefined,
    order: 'a',
    on: undefined,
    off: false,
    name: undefined,
    plain: undefined,
    types: [],
  })
})

test('what is given has the type that is declared', () => {
  const given = { since: '1', from: '2', order: 'b', on: 'true', off: 'true', name: 'Zoë', types: ['x', ''] }

  const { from, order, on, off, name, types } = read(given)

  const orderIsTyped: 'a' | 'b' = order
  assert.deepEqual([from + 0, orderIsTyped, on, off, name, types], [2, 'b', true, true, 'Zoë', ['x', '']])
})

test('what does not fit the declaration is refused', () => {
  refused({ from: '-1' }, 'M_INVALID_PARAM')
  refused({ page: '0' }, 'M_INVALID_PARAM')
  refused({ order: 'c' }, 'M_INVALID_PARAM')
  refused({ on: '1' }, 'M_INVALID_PARAM')
  refused({ plain: 'Zoë' }, 'M_UNKNOWN')
  assert.throws(() => read({}), { errcode: 'M_MISSING_PARAM' })
})
