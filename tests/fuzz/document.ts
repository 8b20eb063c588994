import { readFileSync } from 'node:fs'

const DOCUMENT = new URL('../../packages/admin-api/openapi.json', import.meta.url)

/** The part of JSON Schema the document is written in. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  required?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  minProperties?: number
  items?: Schema
  minItems?: number
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  default?: unknown
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

export interface Parameter {
  $ref?: string
  name: string
  in: 'path' | 'query'
  required?: boolean
  schema: Schema
}

interface Content {
  $ref?: string
  content?: { 'application/json'?: { schema: Schema } }
}

/** One method on one path. */
export interface Operation {
  id: string
  method: string
  path: string
  parameters: Parameter[]
  body: Schema | undefined
  /** False for what anyone may call. */
  needsToken: boolean
  /** By status; `undefined` where the document gives no schema. */
  responses: Map<number, Schema | undefined>
}

interface RawOperation {
  operationId: string
  parameters?: Parameter[]
  requestBody?: Content
  security?: unknown[]
  responses: Record<string, Content>
}

type Document = { paths: Record<string, Record<string, RawOperation>> }

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Document

/** What a `#/…` reference of the document points to; anything else is returned as it is. */
export function resolve<T extends { $ref?: string }>(node: T): T {
  if (node.$ref === undefined) return node
  let found: unknown = document
  for (const key of node.$ref.slice(2).split('/')) found = (found as Record<string, unknown>)[key]
  if (found === undefined) throw new Error(`nothing in the document at ${node.$ref}`)
  return resolve(found as T)
}

const schemaOf = (node: Content | undefined): Schema | undefined =>
  node === undefined ? undefined : resolve(node).content?.['application/json']?.schema

/** Answers of many values that come one by one, some without an end: the fuzzer reads one JSON value and no more. */
const isStream = (raw: RawOperation) =>
  Object.values(raw.responses).some((response) => {
    const { content = {} } = resolve(response)
    return 'text/event-stream' in content || 'application/x-ndjson' in content
  })

/** Every operation of `packages/admin-api/openapi.json` that answers with one value. */
export function readOperations(): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, raw]) => !isStream(raw))
      .map(([method, raw]) => ({
        id: raw.operationId,
        method: method.toUpperCase(),
        path,
        parameters: (raw.parameters ?? []).map((parameter) => resolve<Parameter>(parameter)),
        body: schemaOf(raw.requestBody),
        needsToken: raw.security?.length !== 0,
        responses: new Map(
          Object.entries(raw.responses).map(([status, response]) => [Number(status), schemaOf(response)]),
        ),
      })),
  )
}
