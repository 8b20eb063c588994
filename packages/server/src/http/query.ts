import { invalidParam, missingParam } from '../errors.ts'

/** A query string as parsed: values decoded, a repeated key as an array. */
export type Query = Readonly<Record<string, string | string[] | undefined>>

/** The value of `name`, the first one when repeated; `undefined` when absent. May be empty. */
export function queryString(query: Query, name: string): string | undefined {
  const value = query[name]
  return typeof value === 'object' ? value[0] : value
}

/** As {@link queryString}; absent → 400 `M_MISSING_PARAM`. */
export function requiredQueryString(query: Query, name: string): string {
  const value = queryString(query, name)
  if (value === undefined) throw missingParam(`Missing string query parameter '${name}'`)
  return value
}

/** Every value given for `name`, in order. */
export function queryList(query: Query, name: string): string[] {
  const value = query[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

// Synapse: parse_integer reads what Python's int() does: sign, spaces around, `_` between digits.
const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/

/** An integer; `default` when absent. Not an integer, unsafe, or below `min` (default 0) → 400 `M_INVALID_PARAM`. */
export function queryInt(query: Query, name: string, options: { default: number; min?: number }): number
export function queryInt(query: Query, name: string, options?: { min?: number }): number | undefined
export function queryInt(
  query: Query,
  name: string,
  options: { default?: number; min?: number } = {},
): number | undefined {
  const text = queryString(query, name)
  if (text === undefined) return options.default
  const value = INTEGER.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (!Number.isSafeInteger(value))
    throw invalidParam(`Query parameter '${name}' must be an integer, not '${shown(text)}'`)
  const min = options.min ?? 0
  if (value < min)
    throw invalidParam(`Query parameter '${name}' must be ${atLeast(min)}, not '${shown(text)}'`)
  return value + 0 // `-0` is 0
}

/** As {@link queryInt}; absent → 400 `M_MISSING_PARAM`. */
export function requiredQueryInt(query: Query, name: string, options: { min?: number } = {}): number {
  const value = queryInt(query, name, options)
  if (value === undefined) throw missingParam(`Missing integer query parameter '${name}'`)
  return value
}

/** Exactly `true` or `false`; `default` when absent. Anything else → 400 `M_INVALID_PARAM`. */
export function queryBool(query: Query, name: string, fallback: boolean): boolean
export function queryBool(query: Query, name: string): boolean | undefined
export function queryBool(query: Query, name: string, fallback?: boolean): boolean | undefined {
  const text = queryString(query, name)
  if (text === undefined) return fallback
  if (text === 'true') return true
  if (text === 'false') return false
  throw invalidParam(`Query parameter '${name}' must be 'true' or 'false', not '${shown(text)}'`)
}

/** One of `allowed`, letter case included; `fallback` when absent. Anything else → 400 `M_INVALID_PARAM`. */
export function queryEnum<const T extends string>(
  query: Query,
  name: string,
  allowed: readonly T[],
  fallback: NoInfer<T>,
): T
export function queryEnum<const T extends string>(
  query: Query,
  name: string,
  allowed: readonly T[],
): T | undefined
export function queryEnum<const T extends string>(
  query: Query,
  name: string,
  allowed: readonly T[],
  fallback?: T,
): T | undefined {
  const text = queryString(query, name)
  if (text === undefined) return fallback
  const value = allowed.find((each) => each === text)
  if (value !== undefined) return value
  throw invalidParam(
    `Query parameter '${name}' must be one of ${allowed.map((each) => `'${each}'`).join(', ')}, not '${shown(text)}'`,
  )
}

function atLeast(min: number): string {
  return min === 0 ? 'zero or positive' : min === 1 ? 'positive' : `at least ${min}`
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
