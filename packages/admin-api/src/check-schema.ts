import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema'
import { firstErrorCheck } from './first-error.ts'
import type { TSchema } from './schema.ts'

/** One way in which a value does not fit its schema. */
export interface SchemaError {
  /** The keyword of JSON Schema that it breaks. */
  keyword: string
  /** A JSON pointer into the value. */
  instancePath: string
  /** What the schema says there: `type` → the type, `const` → the value, `required` → the members that are missing. */
  expected: unknown
  message: string
  /** A JSON pointer into the schema, to the keyword. */
  keywordPath: string
}

/** Of values that consist of more, only the first error is told: who looks for all of them takes too long over it. */
const MANY_VALUES = 2_000

interface Checks {
  /** `undefined`: a keyword is used that only the validator knows. */
  first: ReturnType<typeof firstErrorCheck>
  all?: Validator
}

// Made at first use: most schemas are never needed, and nearly all values fit.
const checksOf = new WeakMap<TSchema, Checks>()

/**
 * In what a value does not fit a schema, outermost first; empty if in nothing. Of a large value only one error.
 */
export function schemaErrors(schema: TSchema, value: unknown): SchemaError[] {
  let checks = checksOf.get(schema)
  if (checks === undefined) checksOf.set(schema, (checks = { first: firstErrorCheck(schema) }))
  if (checks.first !== undefined) {
    const found = checks.first(value)
    if (found === undefined) return []
    if (valuesIn(value, MANY_VALUES) === MANY_VALUES)
      return [{ ...found, message: MESSAGES[found.keyword]?.(found.expected) ?? NO_UNICODE }]
  }
  const validator = (checks.all ??= new Validator(schema as Schema, '2020-12', false))
  let errors: OutputUnit[]
  try {
    errors = validator.validate(value).errors
  } catch (error) {
    // Places are written as parts of a URL, which half a surrogate pair in a member's name cannot be.
    if (!(error instanceof URIError)) throw error
    return [
      {
        keyword: 'propertyNames',
        instancePath: '',
        expected: undefined,
        message: NO_UNICODE,
        keywordPath: '',
      },
    ]
  }
  return errors.flatMap(({ keyword, instanceLocation, keywordLocation }, i) => {
    const message = MESSAGES[keyword]
    // What remains says that something within is wrong, and that is in the list itself.
    if (message === undefined) return []
    const before = errors[i - 1]
    // Each missing member is an error there; here they are one.
    if (before?.keywordLocation === keywordLocation && before.instanceLocation === instanceLocation) return []
    const said = at(schema, keywordLocation)
    const expected = keyword === 'required' ? missing(said, at(value, instanceLocation)) : said
    return {
      keyword,
      instancePath: instanceLocation.slice(1),
      expected,
      message: message(expected),
      keywordPath: keywordLocation.slice(1),
    }
  })
}

/** How many values a value consists of, itself included; counting stops at `most`. */
function valuesIn(value: unknown, most: number): number {
  let count = 1
  if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) {
      if (count >= most) break
      count += valuesIn(each, most - count)
    }
  return Math.min(count, most)
}

const NO_UNICODE = 'must not have members whose names are no Unicode text'

const MESSAGES: Record<string, (expected: unknown) => string> = {
  type: (type) => `must be ${[type].flat().join(' or ')}`,
  const: (value) => `must be ${JSON.stringify(value)}`,
  enum: (values) =>
    `must be one of ${(values as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`,
  required: (keys) => `must have ${(keys as string[]).join(', ')}`,
  minimum: (least) => `must be >= ${least}`,
  maximum: (most) => `must be <= ${most}`,
  minLength: (least) => `must not have fewer than ${least} characters`,
  maxLength: (most) => `must not have more than ${most} characters`,
  pattern: (pattern) => `must match ${pattern}`,
  minItems: (least) => `must not have fewer than ${least} items`,
  maxItems: (most) => `must not have more than ${most} items`,
  uniqueItems: () => 'must not have the same item twice',
  minProperties: (least) => `must not have fewer than ${least} members`,
  maxProperties: (most) => `must not have more than ${most} members`,
  false: () => 'must not be there',
}

function missing(required: unknown, value: unknown): string[] {
  return (required as string[]).filter((key) => !Object.hasOwn(value as object, key))
}

/** What a JSON pointer (`#/a/b`) leads to. */
function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const part of pointer.split('/').slice(1)) {
    const key = decodeURI(part).replaceAll('~1', '/').replaceAll('~0', '~')
    found = (found as Record<string, unknown>)[key]
  }
  return found
}
