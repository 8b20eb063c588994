/** Any JSON value. Objects are plain; a key named `__proto__` is an own property. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deepest nesting of arrays and objects that is read or written. Peers written in Python stop near here too. */
export const MAX_JSON_DEPTH = 1000
