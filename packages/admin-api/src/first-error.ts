import type { SchemaError } from './check-schema.ts'

type Schema = Readonly<Record<string, unknown>>
type Misfit = Omit<SchemaError, 'message'>
/** The first thing that does not fit; `undefined` if everything does. Places are below where the check stands. */
type Check = (value: unknown) => Misfit | undefined

/** Keywords that say something to people only. */
const WORDS = new Set(['description', 'default', 'title', 'examples', 'deprecated'])

/**
 * A check of values by the keywords that our schemas are made of, each as JSON Schema has it; `undefined` for a schema with
 * others. It stops at the first error, and makes no paths before there is one: that is what a validator takes its time for.
 */
export function firstErrorCheck(schema: unknown): Check | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const checks: Check[] = []
  for (const [keyword, said] of Object.entries(schema)) {
    if (WORDS.has(keyword) || said === undefined) continue
    const check = KEYWORDS[keyword]?.(said, schema as Schema)
    if (check === undefined) return undefined
    checks.push(check)
  }
  if (checks.length === 1) return checks[0]
  return (value) => {
    for (const check of checks) {
      const found = check(value)
      if (found !== undefined) return found
    }
    return undefined
  }
}

const broken = (keyword: string, expected: unknown): Misfit => ({
  keyword,
  instancePath: '',
  expected,
  keywordPath: `/${keyword}`,
})

/** What was found within, as seen from outside; places are written as the validator writes them, as parts of a URL. */
function within(found: Misfit | undefined, key: string | number, keyword: string): Misfit | undefined {
  if (found === undefined) return undefined
  const name = encodeURI(String(key).replaceAll('~', '~0').replaceAll('/', '~1')).replaceAll('#', '%23')
  const keywordPath = `/${keyword}${found.keywordPath}`
  return { ...found, instancePath: `/${name}${found.instancePath}`, keywordPath }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A rule about values of one kind; it says nothing of others. */
function rule<T>(keyword: string, is: (value: unknown) => value is T, holds: (value: T) => boolean) {
  return (said: unknown): Check => {
    const error = broken(keyword, said)
    return (value) => (!is(value) || holds(value) ? undefined : error)
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isList = (value: unknown): value is unknown[] => Array.isArray(value)
/** Characters are code points: of one or two units each, so that far from a limit they need not be counted. */
const charactersOf = (text: string) => [...text].length

const limit =
  <T>(keyword: string, is: (value: unknown) => value is T, holds: (value: T, bound: number) => boolean) =>
  (said: unknown): Check | undefined =>
    typeof said === 'number' ? rule(keyword, is, (value) => holds(value, said))(said) : undefined

const KEYWORDS: Readonly<Record<string, (said: unknown, schema: Schema) => Check | undefined>> = {
  type: typeCheck,
  const: (said) => (isObject(said) || isList(said) ? undefined : oneOf('const', said, [said])),
  enum: (said) => (isList(said) && !said.some(isObject) ? oneOf('enum', said, said) : undefined),
  anyOf,
  required,
  properties,
  patternProperties: (said) =>
    isObject(said) && Object.keys(said).join() === '^'
      ? everyMember(said['^'], 'patternProperties/^')
      : undefined,
  additionalProperties: (said, schema) =>
    schema['properties'] === undefined && schema['patternProperties'] === undefined
      ? everyMember(said, 'additionalProperties')
      : undefined,
  items,
  prefixItems,
  minimum: limit('minimum', isNumber, (value, least) => value >= least),
  maximum: limit('maximum', isNumber, (value, most) => value <= most),
  minItems: limit('minItems', isList, (value, least) => value.length >= least),
  maxItems: limit('maxItems', isList, (value, most) => value.length <= most),
  minProperties: limit('minProperties', isObject, (value, least) => Object.keys(value).length >= least),
  maxProperties: limit('maxProperties', isObject, (value, most) => Object.keys(value).length <= most),
  minLength: limit(
    'minLength',
    isText,
    (value, least) => value.length >= 2 * least || charactersOf(value) >= least,
  ),
  maxLength: limit(
    'maxLength',
    isText,
    (value, most) => value.length <= most || (value.length <= 2 * most && charactersOf(value) <= most),
  ),
  pattern: (said) => {
    if (!isText(said)) return undefined
    const expression = new RegExp(said, 'u')
    return rule('pattern', isText, (value) => expression.test(value))(said)
  },
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: isText,
  number: isNumber,
  integer: (value) => isNumber(value) && value % 1 === 0,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: isList,
  object: isObject,
}

function typeCheck(said: unknown): Check | undefined {
  const is = isText(said) ? TYPES[said] : undefined
  if (is === undefined) return undefined
  const error = broken('type', said)
  return (value) => (is(value) ? undefined : error)
}

function oneOf(keyword: string, said: unknown, values: readonly unknown[]): Check {
  const error = broken(keyword, said)
  return (value) => (values.includes(value) ? undefined : error)
}

function anyOf(said: unknown): Check | undefined {
  if (!isList(said)) return undefined
  const checks = said.map(firstErrorCheck)
  const types = [...new Set(said.map((one) => (one as Schema)['type']))].join(' or ')
  const error: Misfit = { ...broken('type', types), keywordPath: '/anyOf/type' }
  if (!checks.every((check) => check !== undefined)) return undefined
  return (value) => {
    let deepest: Misfit | undefined
    for (const check of checks) {
      const found = check(value)
      if (found === undefined) return undefined
      // What is wrong within the form that the value has says more than the list of forms.
      if (found.instancePath !== '' || found.keyword !== 'type') deepest ??= found
    }
    return deepest === undefined ? error : { ...deepest, keywordPath: `/anyOf${deepest.keywordPath}` }
  }
}

function required(said: unknown): Check | undefined {
  if (!isList(said)) return undefined
  const keys = said as string[]
  return (value) => {
    if (!isObject(value)) return undefined
    const missing = keys.filter((key) => !Object.hasOwn(value, key))
    return missing.length === 0 ? undefined : broken('required', missing)
  }
}

function properties(said: unknown): Check | undefined {
  if (!isObject(said)) return undefined
  const checks: [string, Check][] = []
  for (const [key, schema] of Object.entries(said)) {
    const check = firstErrorCheck(schema)
    if (check === undefined) return undefined
    checks.push([key, check])
  }
  return (value) => {
    if (!isObject(value)) return undefined
    for (const [key, check] of checks) {
      if (!Object.hasOwn(value, key)) continue
      const found = within(check(value[key]), key, `properties/${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function everyMember(schema: unknown, keyword: string): Check | undefined {
  const check = firstErrorCheck(schema)
  if (check === undefined) return undefined
  return (value) => {
    if (!isObject(value)) return undefined
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) return broken('propertyNames', undefined)
      const found = within(check(value[key]), key, keyword)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function items(said: unknown, schema: Schema): Check | undefined {
  const check = firstErrorCheck(said)
  if (check === undefined || schema['prefixItems'] !== undefined) return undefined
  return (value) => {
    if (!isList(value)) return undefined
    for (let i = 0; i < value.length; i++) {
      const found = within(check(value[i]), i, 'items')
      if (found !== undefined) return found
    }
    return undefined
  }
}

function prefixItems(said: unknown): Check | undefined {
  const checks = isList(said) ? said.map(firstErrorCheck) : [undefined]
  if (!checks.every((check) => check !== undefined)) return undefined
  return (value) => {
    if (!isList(value)) return undefined
    for (const [i, check] of checks.entries()) {
      if (i >= value.length) break
      const found = within(check(value[i]), i, `prefixItems/${i}`)
      if (found !== undefined) return found
    }
    return undefined
  }
}
