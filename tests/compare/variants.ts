import type { Operation } from '@ranvier/admin-api/openapi/operation'
import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import { operations } from '@ranvier/admin-api/openapi/operations'
import type { QueryParam } from '@ranvier/admin-api/openapi/query-params'
import { requiredOf } from '../contract/common-refusals.ts'
import type { Change, Row } from '../contract/row.ts'

/** A call that is made a little differently from one that succeeds. */
export interface Variant extends Omit<Change, 'as'> {
  what: string
  /** Whose token. Default: the administrator's. */
  as?: 'bob' | null
  method?: string
  /** Not percent-encoded more than a URL needs. */
  raw?: boolean
  /** Behind the path. */
  tail?: string
  headers?: Readonly<Record<string, string | string[]>>
}

/** Values of the parameters of paths, none of which is that of something that exists. */
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  userId: [
    'bob',
    '',
    '@',
    '@bob',
    '@bob:elsewhere',
    '@nobody:{server}',
    '@BOB:{server}',
    `@${'x'.repeat(300)}:{server}`,
    '@a b:{server}',
    '@ü:{server}',
    '!x:{server}',
    '@:{server}',
    '@123:{server}',
    '@_x:{server}',
  ],
  roomId: [
    'nonsense',
    '',
    '!',
    '!none',
    '!none:{server}',
    '!none:elsewhere',
    '{alias}',
    '@bob:{server}',
    '!ü:{server}',
    `!${'x'.repeat(300)}:{server}`,
  ],
  roomIdOrAlias: [
    'nonsense',
    '',
    '!none:{server}',
    '!none:elsewhere',
    '{alias}',
    '#none:{server}',
    '#none:elsewhere',
    '#none',
    '@bob:{server}',
  ],
  eventId: ['x', '', '$none', '$none:elsewhere', '{otherEvent}'],
  deviceId: ['NONE', '', 'a b', 'x'.repeat(600)],
  mediaId: ['none', '', 'a b', 'a/b', '..', 'x'.repeat(300)],
  serverName: ['elsewhere', '', 'a b', 'localhost:1', '{server}:8448'],
  token: ['none', '', 'a b', 'x'.repeat(100), 'ü'],
  reportId: ['abc', '', '-1', '0', '1.5', '999999', '99999999999999999999999', ' 1'],
  medium: ['fax', '', 'msisdn', 'EMAIL'],
  address: ['', 'ü@example.org', 'BOB@example.org', 'a b'],
  provider: ['none', ''],
  externalId: ['none', '', 'a b'],
  txnId: ['', 'a b'],
  destination: ['none', '', 'a b'],
  redactId: ['', 'a b'],
  deleteId: ['', 'a b'],
  purgeId: ['', 'a b'],
}

/** Any of these in the place of a member. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  '',
  'x',
  'true',
  '1',
  [],
  ['x'],
  {},
  'x'.repeat(1_100),
  'ü 😀',
  'a\0b',
]
const NUMBERS = [
  '',
  'abc',
  '-1',
  '0',
  '1',
  '1.5',
  '%2B1',
  '%201',
  '1_0',
  '01',
  '1e3',
  '0x10',
  '99999999999999999999',
  '2147483648',
  'true',
  '%C3%A9',
]
const TEXTS = ['', 'x', '%00', '%C3%A9', '%FF', '%25', 'a%20b']

/** All variants of a call, those that are refused first. */
export function variantsOf(id: OperationId, row: Row): Variant[] {
  const operation: Operation = operations[id]
  const good: Pick<Variant, 'query' | 'body'> = { query: row.query, body: row.body }
  const rowsOwn = (row.refusals ?? [])
    .filter(([, { as }]) => as === undefined || as === 'bob' || as === 'admin')
    .map(
      ([what, { as, ...change }]): Variant => ({
        what: `row: ${what}`,
        ...change,
        ...(as === 'bob' && { as }),
      }),
    )
  return [
    ...callers(good),
    ...methods(operation, good),
    ...paths(operation, good),
    ...queries(operation, good),
    ...bodies(operation, good),
    ...rowsOwn,
    { what: 'as it should be', ...good },
    { what: 'once more', ...good },
  ]
}

function callers(good: Partial<Variant>): Variant[] {
  const twice = { authorization: ['Bearer a', 'Bearer b'] }
  return [
    { what: 'without a token', ...good, as: null },
    { what: 'by a user', ...good, as: 'bob' },
    { what: 'by a user, with a broken body', ...good, as: 'bob', text: '{broken' },
    { what: 'with an unknown token', ...good, as: null, headers: { authorization: 'Bearer none' } },
    { what: 'with Basic', ...good, as: null, headers: { authorization: 'Basic none' } },
    { what: 'with two tokens', ...good, as: null, headers: twice },
    { what: 'with an empty token', ...good, as: null, headers: { authorization: 'Bearer ' } },
    {
      what: 'with an unknown token in the query',
      as: null,
      ...good,
      query: join(good.query, 'access_token=none'),
    },
    { what: 'with tokens in both places', ...good, query: join(good.query, 'access_token=none') },
  ]
}

function methods({ path, method }: Operation, good: Partial<Variant>): Variant[] {
  const served = Object.values(operations)
    .filter((other) => (other.path as string) === path)
    .map((other) => other.method as string)
  return ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']
    .filter((each) => !served.includes(each) && !(each === 'HEAD' && method !== 'GET'))
    .map((each) => ({ what: `by ${each}`, ...good, method: each }))
}

function paths({ path }: Operation, good: Partial<Variant>): Variant[] {
  const variants: Variant[] = [
    { what: 'with a slash behind', ...good, tail: '/' },
    { what: 'with more behind', ...good, tail: '/more' },
    { what: 'not encoded', ...good, raw: true },
  ]
  for (const [, name] of path.matchAll(/:(\w+)/g))
    for (const value of PARAMS[name!] ?? ['', 'none'])
      variants.push({ what: `${name} ${brief(value)}`, ...good, params: { [name!]: value } })
  return variants
}

function queries({ query = {} }: Operation, good: Partial<Variant>): Variant[] {
  const variants: Variant[] = [
    { what: 'with a query nobody knows', ...good, query: join(good.query, 'nobody=knows') },
    { what: 'with a broken query', ...good, query: join('%zz=%&&=', good.query) },
  ]
  for (const [name, param] of Object.entries(query)) {
    for (const value of valuesOf(param))
      variants.push({ what: `?${name}=${value}`, ...good, query: join(`${name}=${value}`, good.query) })
    const [a, b] = valuesOf(param).slice(-2)
    variants.push({ what: `?${name} twice`, ...good, query: join(`${name}=${a}&${name}=${b}`, good.query) })
    if (param.required === true) variants.push({ what: `without ?${name}`, ...good, query: 'x=y' })
  }
  return variants
}

function valuesOf(param: QueryParam): readonly string[] {
  if (param.kind === 'int') return NUMBERS
  if (param.kind === 'bool') return ['', 'True', '1', '0', 'yes', 'false', 'true']
  if (param.kind === 'enum') return ['', 'xyz', param.values[0]!.toUpperCase(), ...param.values]
  return TEXTS
}

const BODIES: readonly (readonly [what: string, text: string | Buffer])[] = [
  ['no body', ''],
  ['a body that is no JSON', 'nonsense'],
  ['a body that is cut off', '{"a":'],
  ['a body that is a list', '[]'],
  ['a body that is null', 'null'],
  ['a body that is a text', '"x"'],
  ['a body that is a number', '3'],
  ['a body that is true', 'true'],
  ['a body with NaN', '{"a":NaN}'],
  ['a body with a huge number', '{"a":1e999}'],
  ['a body with half a character', '{"a":"\\ud800"}'],
  ['a body with NUL', '{"a":"\\u0000"}'],
  ['a body that is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['a body with a mark in front', '\ufeff{}'],
  ['a form', 'a=b&c=d'],
]

function bodies({ body, method }: Operation, good: Partial<Variant>): Variant[] {
  if (body === undefined)
    return method === 'GET'
      ? []
      : (
          [
            ['text', 'nonsense'],
            ['list', '[]'],
            ['object', '{}'],
          ] as const
        ).map(([what, text]) => ({ what: `with a ${what} nobody asked for`, ...good, text }))
  const typed = { ...good, text: JSON.stringify(good.body ?? {}) }
  const variants: Variant[] = [
    ...BODIES.map(([what, text]) => ({ what, query: good.query, text: text as string })),
    { what: 'an empty object', query: good.query, body: {} },
    { what: 'a body without a type', ...typed, headers: { 'content-type': '' } },
    { what: 'a body called text', ...typed, headers: { 'content-type': 'text/plain' } },
    {
      what: 'a body called a form',
      ...typed,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    { what: 'members nobody knows', query: good.query, body: { ...asObject(good.body), nobody: 'knows' } },
  ]
  for (const name of requiredOf(body)) {
    const { [name]: _, ...rest } = asObject(good.body)
    variants.push({ what: `without ${name}`, query: good.query, body: rest })
  }
  for (const name of membersOf(body))
    for (const value of VALUES)
      variants.push({
        what: `${name} = ${brief(JSON.stringify(value))}`,
        query: good.query,
        body: { ...asObject(good.body), [name]: value },
      })
  return variants
}

function asObject(body: unknown): Record<string, unknown> {
  return (body ?? {}) as Record<string, unknown>
}

/** JSON Schema's own member. */
function membersOf(schema: object): string[] {
  return Object.keys((schema as { properties?: object }).properties ?? {})
}

function join(...queries: (string | undefined)[]): string {
  return queries.filter(Boolean).join('&')
}

function brief(text: string): string {
  return text.length > 40 ? `${text.slice(0, 30)}… (${text.length})` : text
}
