import type * as TypeBox from 'typebox'

export type { Static, TSchema, TUnsafe } from 'typebox'

type Options = Record<string, unknown>
type Schema = Record<PropertyKey, unknown>

/** Marks what `Optional` made, where no JSON shows it. */
const OPTIONAL = Symbol('optional')

const build = (schema: Schema, options: Options | undefined): Schema => ({ ...schema, ...options })

/**
 * TypeBox's builders, of which we use these few, with TypeBox's types: the schemas are JSON Schema all the same. Its own
 * ones come with an engine for types at run time that takes 10 MB of memory and that nothing here needs.
 */
export const Type = {
  String: (options?: Options) => build({ type: 'string' }, options),
  Number: (options?: Options) => build({ type: 'number' }, options),
  Integer: (options?: Options) => build({ type: 'integer' }, options),
  Boolean: (options?: Options) => build({ type: 'boolean' }, options),
  Null: (options?: Options) => build({ type: 'null' }, options),
  Unknown: (options?: Options) => build({}, options),
  Literal: (value: string | number | boolean, options?: Options) =>
    build({ type: typeof value, const: value }, options),
  Array: (items: Schema, options?: Options) => build({ type: 'array', items }, options),
  Tuple: (items: Schema[], options?: Options) =>
    build({ type: 'array', prefixItems: items, minItems: items.length, maxItems: items.length }, options),
  Union: (anyOf: Schema[], options?: Options) => build({ anyOf }, options),
  /** `^` is every name, one with a line break in it as well. */
  Record: (_key: Schema, value: Schema, options?: Options) =>
    build({ type: 'object', patternProperties: { '^': value } }, options),
  Unsafe: (schema: Schema) => ({ ...schema }),
  Optional: (schema: Schema) => ({ ...schema, [OPTIONAL]: true }),
  Object: (properties: Record<string, Schema>, options?: Options) => {
    const required = Object.keys(properties).filter((key) => properties[key]![OPTIONAL] !== true)
    return build({ type: 'object', ...(required.length > 0 && { required }), properties }, options)
  },
} as unknown as Pick<
  typeof TypeBox.Type,
  | 'String'
  | 'Number'
  | 'Integer'
  | 'Boolean'
  | 'Null'
  | 'Unknown'
  | 'Literal'
  | 'Array'
  | 'Tuple'
  | 'Union'
  | 'Record'
  | 'Unsafe'
  | 'Optional'
  | 'Object'
>
