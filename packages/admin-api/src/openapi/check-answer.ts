import { schemaErrors } from '../check-schema.ts'
import type { TSchema } from '../schema.ts'
import { commonErrors } from './document.ts'
import type { Operation } from './operation.ts'
import { type OperationId, operations } from './operations.ts'

const described: Readonly<Record<string, Operation>> = operations

/** The operation that answers this method and path (without a query), `undefined` if none is described. */
export function findOperation(method: string, path: string): OperationId | undefined {
  const segments = path.split('/')
  const matches = Object.entries(described).filter(([, operation]) => {
    const pattern = operation.path.split('/')
    if (operation.method !== method || pattern.length !== segments.length) return false
    return pattern.every((part, i) => part.startsWith(':') || part === segments[i])
  })
  // As the server does: a path that is written out goes before one with a parameter in its place.
  const [best] = matches.sort(([, a], [, b]) => a.path.split(':').length - b.path.split(':').length)
  return best?.[0] as OperationId | undefined // the keys of `described` are those of `operations`
}

/** In what an answer differs from its description, in words; empty if in nothing. For tests. */
export function answerProblems(id: OperationId, status: number, body: unknown): string[] {
  const operation = described[id]!
  if (status >= 400) {
    const { errcode } = body as { errcode?: unknown } // whatever it is, it is compared
    const rows = [...commonErrors(operation), ...operation.errors]
    const isDescribed = rows.some((row) => row[0] === status && row[1] === errcode)
    return isDescribed ? [] : [`${id}: ${status} ${String(errcode)} is not described`]
  }
  const schema = operation.answers[status]?.schema
  if (schema === undefined) return [`${id}: status ${status} is not described`]
  const errors = schemaErrors(schema, body).map((error) => `${id}: ${error.instancePath} ${error.message}`)
  return [...errors, ...undescribed(schema, body).map((place) => `${id}: ${place} is not described`)]
}

type Json = Record<string, unknown>

/** Members no schema speaks of: a schema alone lets them pass. */
function undescribed(schema: TSchema, value: unknown, place = ''): string[] {
  const { anyOf, properties, patternProperties, additionalProperties, items } = schema as Json // plain JSON Schema
  if (Array.isArray(anyOf)) {
    const fitting = (anyOf as TSchema[]).find((each) => schemaErrors(each, value).length === 0)
    return fitting === undefined ? [] : undescribed(fitting, value, place)
  }
  if (Array.isArray(value))
    return value.flatMap((item, i) => (items ? undescribed(items as TSchema, item, `${place}/${i}`) : []))
  if (typeof value !== 'object' || value === null) return []
  const ofAny = Object.values((patternProperties as Json | undefined) ?? {})[0]
  if (properties === undefined && ofAny === undefined) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const known = (properties as Json | undefined)?.[key] ?? ofAny
    if (known !== undefined) return undescribed(known as TSchema, member, `${place}/${key}`)
    return additionalProperties === true ? [] : [`${place}/${key}`]
  })
}
