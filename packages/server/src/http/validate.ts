import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { type Errcode, MatrixError } from '../errors.ts'

// Compiled at first use: most schemas are never needed, and each costs memory for as long as the server runs.
const validators = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Compile(schema)
    validators.set(schema, validator)
  }
  return validator
}

interface SchemaError {
  keyword: string
  instancePath: string
  params: Record<string, unknown>
  message: string
}

/**
 * Throws a 400 unless `value` fits `schema`. Nothing is converted, removed or filled in.
 * Only missing members → `missing` (`M_MISSING_PARAM`), anything else → `badType` (`M_BAD_JSON`).
 */
export function checkSchema(
  schema: TSchema,
  value: unknown,
  errcodes: { missing: Errcode; badType: Errcode },
): void {
  const validator = validatorOf(schema)
  if (validator.Check(value)) return
  const errors = validator.Errors(value) as SchemaError[]
  const missing = errors.filter((error) => error.keyword === 'required')
  if (errors.length > 0 && missing.length === errors.length) {
    const keys = missing.flatMap((error) => missingKeys(error))
    throw new MatrixError(
      400,
      errcodes.missing,
      `Missing ${keys.length > 1 ? 'params' : 'param'}: ${keys.join(', ')}`,
    )
  }
  throw new MatrixError(400, errcodes.badType, describeProblem(errors))
}

/** The first problem that is not a missing member, in one sentence that names the place. */
export function describeProblem(errors: readonly SchemaError[]): string {
  const first = errors.find((error) => error.keyword !== 'required') ?? errors[0]
  if (first === undefined) return 'The body is not what this endpoint takes'
  const place = placeName(first.instancePath)
  // Alternatives (`string or null`) are reported one by one at the same place.
  const here = errors.filter((error) => error.instancePath === first.instancePath)
  const types = here.filter((error) => error.keyword === 'type').map((error) => String(error.params['type']))
  if (types.length > 0) return `${place} must be ${[...new Set(types)].join(' or ')}`
  const values = here
    .filter((error) => error.keyword === 'const')
    .map((error) => error.params['allowedValue'])
  if (values.length > 0)
    return `${place} must be ${values.map((value) => JSON.stringify(value)).join(' or ')}`
  return `${place} ${first.message}`
}

function missingKeys(error: SchemaError): string[] {
  const names = error.params['requiredProperties']
  const prefix = error.instancePath === '' ? '' : `${dotted(error.instancePath)}.`
  return Array.isArray(names) ? names.map((name) => prefix + String(name)) : [prefix]
}

function placeName(instancePath: string): string {
  return instancePath === '' ? 'The body' : `'${dotted(instancePath)}'`
}

function dotted(instancePath: string): string {
  return instancePath
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}
