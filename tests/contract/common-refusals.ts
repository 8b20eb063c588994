import type { Operation } from '@ranvier/admin-api/openapi/operation'
import { type OperationId, operations } from '@ranvier/admin-api/openapi/operations'
import type { QueryParam } from '@ranvier/admin-api/openapi/query-params'
import type { Refusal, Row } from './row.ts'
import type { Caller } from './world.ts'

/** Who is refused before anything else is looked at, and how. */
const STRANGERS: readonly [Caller, number, string][] = [
  ['nobody', 401, 'M_MISSING_TOKEN'],
  ['unknown', 401, 'M_UNKNOWN_TOKEN'],
  ['ended', 401, 'M_UNKNOWN_TOKEN'],
  ['locked', 401, 'M_USER_LOCKED'],
  ['expired', 403, 'ORG_MATRIX_EXPIRED_ACCOUNT'],
  ['guest', 403, 'M_GUEST_ACCESS_FORBIDDEN'],
  ['bob', 403, 'M_FORBIDDEN'],
]

/** How every call is refused that has a token, a query or a body: read off its description. */
export function commonRefusals(id: OperationId, row: Row): Refusal[] {
  const operation: Operation = operations[id]
  return [...strangers(operation), ...ofQuery(operation, row), ...ofBody(operation, row)]
}

function strangers(operation: Operation): Refusal[] {
  const { auth = 'admin' } = operation
  if (auth === 'none') return []
  // Whoever may ask for themselves asks for somebody else here.
  const params: Record<string, string> =
    auth === 'user' ? { userId: '{carol}' } : { userId: 'broken', roomId: 'broken' }
  return STRANGERS.map(([as, status, errcode]) => [
    `asked by ${as}, with a broken body`,
    { as, params, text: '{broken' },
    status,
    errcode,
  ])
}

function ofQuery({ query = {} }: Operation, row: Row): Refusal[] {
  return Object.entries(query).flatMap(([name, param]) => {
    const bad: Refusal[] = valuesNotTaken(param).map((value) => [
      `?${name}=${value}`,
      // Of a parameter that is given twice the first counts.
      { query: [`${name}=${value}`, row.query].filter(Boolean).join('&'), body: row.body },
      400,
      'M_INVALID_PARAM',
    ])
    if (param.required === true)
      bad.push([`without ?${name}`, { query: 'other=1', body: row.body }, 400, 'M_MISSING_PARAM'])
    return bad
  })
}

function valuesNotTaken(param: QueryParam): string[] {
  if (param.kind === 'int') return ['-1', 'x', '1.5', '']
  if (param.kind === 'bool') return ['True', '1', '']
  if (param.kind === 'enum') return [param.values[0]!.toUpperCase(), 'none', '']
  return []
}

function ofBody(operation: Operation, row: Row): Refusal[] {
  const { body, bodyOptional } = operation
  if (body === undefined) return []
  const query = row.query
  const refusals: Refusal[] = [
    ['a body that is not JSON', { query, text: '{"a":' }, 400, 'M_NOT_JSON'],
    ['a body that is a list', { query, text: '[]' }, 400, 'M_BAD_JSON'],
  ]
  // Where a body may be left out, null is none.
  if (bodyOptional !== true)
    refusals.push(
      ['no body', { query, text: '' }, 400, 'M_NOT_JSON'],
      ['a body that is null', { query, text: 'null' }, 400, 'M_BAD_JSON'],
    )
  const required = requiredOf(body)
  // Without a token a nonce is what lets in: until it is known to be good nothing else is looked at.
  for (const name of operation.auth === 'none' ? required.slice(0, 1) : required) {
    const { [name]: _, ...rest } = row.body ?? {}
    const errcode = operation.missingErrcode ?? 'M_MISSING_PARAM'
    refusals.push([`a body without ${name}`, { query, body: rest }, 400, errcode])
  }
  return refusals
}

/** JSON Schema's own member. */
export function requiredOf(schema: object): readonly string[] {
  return (schema as { required?: readonly string[] }).required ?? []
}
