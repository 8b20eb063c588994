import type { Json, JsonObject } from '@ranvier/protocol/json'
import { badJson, badRequest } from '../../../errors.ts'

const MAX_LENGTH = 512

/** A member that must be there: absent → 400 `M_BAD_JSON`, which this endpoint uses where others say missing. */
export function requiredMember(body: JsonObject, key: string): Json {
  const value = body[key]
  if (value === undefined) throw badJson(`${key} must be specified`)
  return value
}

/** A name or password: a string of at most 512 characters without NUL, else 400 `M_UNKNOWN` with `refusal`. */
export function checkedText(value: Json, refusal: string): string {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || value.includes('\0'))
    throw badRequest(refusal)
  return value
}

/** A string, or nothing. */
export function optionalText(body: JsonObject, key: string): string | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw badRequest(`'${key}' must be a string`)
  return value
}

export function optionalFlag(body: JsonObject, key: string): boolean | undefined {
  const value = body[key]
  if (value === undefined || typeof value === 'boolean') return value
  throw badRequest(`'${key}' must be a boolean`)
}

/** What Python takes for true: the flag of old scripts may be 1 or "yes". */
export function isTruthy(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false
  return typeof value === 'object' ? Object.keys(value).length > 0 : true
}
