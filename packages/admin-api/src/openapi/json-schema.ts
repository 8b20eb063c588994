import * as api from '../index.ts'
import type { TSchema } from '../schema.ts'

export type JsonSchema = Record<string, unknown>

/** Schemas with a name: what the package exports. */
const NAMES = new Map<unknown, string>(Object.entries(api).map(([name, schema]) => [schema, name]))

/**
 * Turns TypeBox schemas into the JSON Schema of an OpenAPI 3.1 document: named ones become references, and what
 * TypeBox writes the long way is written as people do (`type: [string, null]`, `enum`, `additionalProperties`).
 */
export class SchemaWriter {
  readonly #components = new Map<string, JsonSchema>()

  /** The named schemas that were written so far, by ascending name. */
  get components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  write(schema: TSchema): JsonSchema {
    const name = NAMES.get(schema)
    if (name === undefined) return this.#plain(schema)
    if (!this.#components.has(name)) this.#components.set(name, this.#plain(schema))
    return { $ref: `#/components/schemas/${name}` }
  }

  #plain(schema: TSchema): JsonSchema {
    const { anyOf, properties, patternProperties, items, ...rest } = schema as JsonSchema // plain JSON, whatever its type says
    if (Array.isArray(anyOf)) return { ...this.#alternatives(anyOf), ...rest }
    return {
      ...rest,
      ...(isObject(properties) && { properties: this.#each(properties) }),
      ...(isObject(patternProperties) && {
        additionalProperties: this.write(Object.values(patternProperties)[0] as TSchema),
      }),
      ...(items !== undefined && { items: this.write(items as TSchema) }),
    }
  }

  #each(properties: JsonSchema): JsonSchema {
    return Object.fromEntries(
      Object.entries(properties).map(([key, schema]) => [key, this.write(schema as TSchema)]),
    )
  }

  #alternatives(given: TSchema[]): JsonSchema {
    const written = mergeConstants(given.map((schema) => this.write(schema)))
    const [first, second] = written
    const isNullable = written.length === 2 && second?.['type'] === 'null'
    if (isNullable && typeof first?.['type'] === 'string') return { ...first, type: [first['type'], 'null'] }
    return written.length === 1 ? first! : { anyOf: written }
  }
}

/** Literals beside each other are one `enum`. */
function mergeConstants(schemas: JsonSchema[]): JsonSchema[] {
  const constants = schemas.filter((schema) => 'const' in schema)
  if (constants.length < 2) return schemas
  const type = constants[0]!['type']
  const merged = { type, enum: constants.map((schema) => schema['const']) }
  return [...schemas.filter((schema) => !('const' in schema)), merged]
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null
}
