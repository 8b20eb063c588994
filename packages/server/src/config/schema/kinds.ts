import { type TSchema, type TUnsafe, Type } from '@ranvier/admin-api/schema'

/*
 * The kinds of values a configuration has. Every key of the schema carries its description (for the reference), its
 * default, and an example that error messages can offer. Keys with a default are filled in before the check, so the
 * checked configuration has them all.
 */

/** What stands beside a key: `example` is shown when a value is wrong, and in the reference. */
interface About<T> {
  description: string
  default?: T
  example?: string
}

function options<T>(about: About<T>, more: Record<string, unknown> = {}) {
  const { example, ...rest } = about
  return { ...rest, ...more, ...(example === undefined ? {} : { examples: [example] }) }
}

export const flag = (about: About<boolean>) => Type.Boolean(options(about))
export const text = (about: About<string>) => Type.String(options(about))
export const integer = (about: About<number>, minimum = 0) => Type.Integer(options(about, { minimum }))
export const number = (about: About<number>, minimum = 0) => Type.Number(options(about, { minimum }))
export const texts = (about: About<string[]>) => Type.Array(Type.String(), options(about))
export const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema)

/** `5m`, `1w`, or milliseconds. Checked again, with its own words, by `problems.ts`. */
export function duration({
  nullIs,
  ...about
}: About<string> & { nullIs?: string }): TUnsafe<string | number> {
  const more = nullIs === undefined ? {} : { nullIs }
  return Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    unit: 'duration',
    ...options(about, more),
  })
}

/** `10M`, `512K`, or bytes. */
export function size(about: About<string>): TUnsafe<string | number> {
  return Type.Unsafe<string | number>({ type: ['string', 'integer'], unit: 'size', ...options(about) })
}

/** One of a few words. */
export function choice<const T extends string>(values: readonly T[], about: About<T>): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options(about) })
}

/** A mapping whose members are known. Absent, it is as if it were there with nothing in it. */
export function group<T extends Record<string, TSchema>>(members: T, description: string) {
  return Type.Object(members, { description, default: {} })
}

/** A mapping with members of the operator's choice. */
export function freeGroup(about: About<Record<string, unknown>>) {
  return Type.Record(Type.String(), Type.Unknown(), options({ default: {}, ...about }))
}
