import { type TUnsafe, Type } from './schema.ts'

/** One of these texts. */
export function oneOf<const T extends readonly string[]>(
  values: T,
  options: { description: string },
): TUnsafe<T[number]> {
  const literals = values.map((value) => Type.Literal(value))
  return Type.Unsafe<T[number]>(Type.Union(literals, options))
}
