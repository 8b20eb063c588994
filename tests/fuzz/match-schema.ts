import { resolve, type Schema } from './document.ts'

type JsonObject = Record<string, unknown>

/**
 * Why `value` does not fit `schema`, with the place; `undefined` if it fits. Deliberately not the library the server
 * describes and checks its own bodies with.
 */
export function findMismatch(schemaOrRef: Schema, value: unknown, place = 'answer'): string | undefined {
  const schema = resolve(schemaOrRef)
  for (const part of schema.allOf ?? []) {
    const mismatch = findMismatch(part, value, place)
    if (mismatch !== undefined) return mismatch
  }
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) {
    const mismatches = alternatives.map((part) => findMismatch(part, value, place))
    if (!mismatches.includes(undefined)) return `${place} fits no alternative: ${mismatches.join('; ')}`
  }
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(type, value)))
    return `${place} is ${describe(value)}, not ${[schema.type].flat().join(' or ')}`
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${place} is ${describe(value)}, not one of ${schema.enum.join(', ')}`
  if ('const' in schema && schema.const !== value) return `${place} is ${describe(value)}`
  if (typeof value === 'number') return numberMismatch(schema, value, place)
  if (typeof value === 'string') return stringMismatch(schema, value, place)
  if (Array.isArray(value)) return arrayMismatch(schema, value, place)
  if (typeof value === 'object' && value !== null) return objectMismatch(schema, value as JsonObject, place)
  return undefined
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  // Clients parse integers into 53 bits.
  if (type === 'integer') return Number.isSafeInteger(value)
  return typeof value === type
}

function numberMismatch({ minimum, maximum }: Schema, value: number, place: string): string | undefined {
  const isInside = value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity)
  return isInside ? undefined : `${place} is out of range: ${value}`
}

function stringMismatch(schema: Schema, value: string, place: string): string | undefined {
  const { length } = [...value]
  if (length < (schema.minLength ?? 0)) return `${place} is too short: ${describe(value)}`
  return length > (schema.maxLength ?? Infinity) ? `${place} has ${length} characters` : undefined
}

function arrayMismatch(schema: Schema, value: unknown[], place: string): string | undefined {
  if (value.length < (schema.minItems ?? 0)) return `${place} has only ${value.length} items`
  if (schema.items === undefined) return undefined
  for (const [i, item] of value.entries()) {
    const mismatch = findMismatch(schema.items, item, `${place}[${i}]`)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

function objectMismatch(schema: Schema, value: JsonObject, place: string): string | undefined {
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key))
  if (missing.length > 0) return `${place} lacks ${missing.join(', ')}`
  const properties = schema.properties ?? {}
  for (const [key, member] of Object.entries(value)) {
    const isNamed = Object.hasOwn(properties, key)
    if (!isNamed && schema.additionalProperties === false) return `${place} has the unknown member ${key}`
    const inner = isNamed ? properties[key] : schema.additionalProperties
    if (typeof inner !== 'object') continue
    const mismatch = findMismatch(inner, member, `${place}.${isNamed ? key : '*'}`)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

const describe = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'nothing'
