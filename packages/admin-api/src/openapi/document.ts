import { MatrixErrorAnswer } from '../common.ts'
import { type JsonSchema, SchemaWriter } from './json-schema.ts'
import { type ErrorRow, type Operation, type Operations, scopeOf } from './operation.ts'
import type { QueryParam } from './query-params.ts'

const DESCRIPTION = `Ranvier answers the admin API of Synapse. Every call needs the access token of a server administrator,
as \`Authorization: Bearer <token>\` or as \`?access_token=<token>\`, unless it says otherwise.

Parameters in paths are percent-encoded. Unknown members of bodies and unknown query parameters are ignored. What is
wrong with a request is looked for in this order: token, rights, path, query, body.

A scoped token may make the calls whose \`x-ranvier-scope\` it has: \`users:read\` is covered by \`users:write\`,
\`*:read\` and \`*:write\`.`

/** The OpenAPI 3.1 document of these operations. `version` is that of the server. */
export function openApiDocument(operations: Operations, version: string): Record<string, unknown> {
  const writer = new SchemaWriter()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:([^/]+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describeOperation(operationId, operation, writer)
  }
  const tags = [...new Set(Object.values(operations).map(({ tag }) => tag))]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ranvier Admin API',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that gave you this document' }],
    tags: tags.map((name) => ({ name })),
    security: [{ bearer: [] }, { queryToken: [] }],
    paths,
    components: {
      responses: sharedResponses(writer),
      schemas: writer.components, // after all that writes some
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An access token' },
        queryToken: { type: 'apiKey', in: 'query', name: 'access_token', description: 'An access token' },
      },
    },
  }
}

function describeOperation(operationId: string, operation: Operation, writer: SchemaWriter): JsonSchema {
  const { auth, tag, summary, description, body } = operation
  const parameters = [...pathParameters(operation), ...queryParameters(operation)]
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(auth === 'none' ? { security: [] } : { 'x-ranvier-scope': scopeOf(operation) }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: operation.bodyOptional !== true, content: jsonContent(writer.write(body)) },
    }),
    responses: { ...answers(operation, writer), ...errors(operation, writer) },
  }
}

function pathParameters({ path, params = {} }: Operation): JsonSchema[] {
  return [...path.matchAll(/:([^/]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: params[name!],
    schema: { type: 'string' },
  }))
}

function queryParameters({ query = {} }: Operation): JsonSchema[] {
  return Object.entries(query).map(([name, param]) => ({
    name,
    in: 'query',
    required: param.required === true,
    description: param.description,
    schema: querySchema(param),
  }))
}

function querySchema(param: QueryParam): JsonSchema {
  switch (param.kind) {
    case 'int':
      return { type: 'integer', minimum: param.min ?? 0, ...defaultOf(param) }
    case 'bool':
      return { type: 'boolean', ...defaultOf(param) }
    case 'enum':
      return { type: 'string', enum: param.values, ...defaultOf(param) }
    case 'list':
      return { type: 'array', items: { type: 'string' } }
    case 'string':
      return { type: 'string' }
  }
}

function defaultOf(param: { default?: unknown }): JsonSchema {
  return param.default === undefined ? {} : { default: param.default }
}

function answers(operation: Operation, writer: SchemaWriter): JsonSchema {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, { when, schema }]) => [
      status,
      { description: when, content: { [mediaTypeOf(operation)]: { schema: writer.write(schema) } } },
    ]),
  )
}

/** Of many values the schema is that of one. */
function mediaTypeOf({ stream }: Operation): string {
  if (stream === 'lines') return 'application/x-ndjson'
  return stream === 'events' ? 'text/event-stream' : 'application/json'
}

/** One response for each status, which names the errcodes that come with it. */
function errors(operation: Operation, writer: SchemaWriter): JsonSchema {
  const byStatus = Map.groupBy([...commonErrors(operation), ...operation.errors], ([status]) => status)
  return Object.fromEntries(
    [...byStatus].map(([status, rows]) => {
      const shared = SHARED.find((each) => sameRows(each.rows, rows))
      return [
        status,
        shared ? { $ref: `#/components/responses/${shared.name}` } : errorResponse(rows, writer),
      ]
    }),
  )
}

function errorResponse(rows: readonly ErrorRow[], writer: SchemaWriter): JsonSchema {
  const codes = [...new Set(rows.map(([, errcode]) => errcode))]
  const schema = {
    allOf: [writer.write(MatrixErrorAnswer), { properties: { errcode: { enum: codes } } }],
  }
  const description = rows.map(([, errcode, when]) => `- \`${errcode}\`: ${when}`).join('\n')
  return { description, content: jsonContent(schema) }
}

function sharedResponses(writer: SchemaWriter): JsonSchema {
  return Object.fromEntries(SHARED.map(({ name, rows }) => [name, errorResponse(rows, writer)]))
}

function sameRows(a: readonly ErrorRow[], b: readonly ErrorRow[]): boolean {
  return a.length === b.length && a.every((row, i) => row.every((value, k) => value === b[i]![k]))
}

const NOT_LOGGED_IN: readonly ErrorRow[] = [
  [401, 'M_MISSING_TOKEN', 'No access token, or more than one'],
  [401, 'M_UNKNOWN_TOKEN', 'The token is unknown, or has ended'],
  [401, 'M_USER_LOCKED', 'Your account is locked'],
]
const GUEST: ErrorRow = [403, 'M_GUEST_ACCESS_FORBIDDEN', 'You are a guest']
const NOT_ADMIN: ErrorRow = [
  403,
  'M_FORBIDDEN',
  'You are not a server administrator, or your token has not the scope `x-ranvier-scope`',
]
const TOO_LARGE: ErrorRow = [413, 'M_TOO_LARGE', 'The body is too large']

/** Responses many operations have: written once. */
const SHARED: readonly { name: string; rows: readonly ErrorRow[] }[] = [
  { name: 'NotLoggedIn', rows: NOT_LOGGED_IN },
  { name: 'NotAdministrator', rows: [GUEST, NOT_ADMIN] },
  { name: 'BodyTooLarge', rows: [TOO_LARGE] },
]

/** What any call of this kind may be answered. */
export function commonErrors(operation: Operation): ErrorRow[] {
  const { auth = 'admin', query, body, bodyOptional, missingErrcode } = operation
  const rows: ErrorRow[] = []
  if (auth !== 'none') rows.push(...NOT_LOGGED_IN, GUEST)
  if (auth === 'admin') rows.push(NOT_ADMIN)
  const params = Object.values(query ?? {})
  if (params.some(({ required }) => required === true))
    rows.push([400, 'M_MISSING_PARAM', 'A required query parameter is missing'])
  if (params.some(({ kind }) => kind !== 'string' && kind !== 'list'))
    rows.push([400, 'M_INVALID_PARAM', 'A query parameter is not what it should be'])
  if (body !== undefined) {
    const required = (body as { required?: string[] }).required ?? [] // JSON Schema's own member
    rows.push([
      400,
      'M_NOT_JSON',
      bodyOptional === true ? 'The body is not JSON' : 'No body, or one that is not JSON',
    ])
    rows.push([400, 'M_BAD_JSON', 'The body is not an object, or a member has the wrong type'])
    if (required.length > 0)
      rows.push([400, missingErrcode ?? 'M_MISSING_PARAM', 'A required member is missing'])
    rows.push(TOO_LARGE)
  }
  return rows
}

function jsonContent(schema: JsonSchema): JsonSchema {
  return { 'application/json': { schema } }
}
