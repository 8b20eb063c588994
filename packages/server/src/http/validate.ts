import { type SchemaError, schemaErrors } from '@ranvier/admin-api/check-schema'
import type { TSchema } from '@ranvier/admin-api/schema'
import { type Errcode, MatrixError } from '../errors.ts'

/**
 * Throws a 400 unless `value` fits `schema`. Nothing is converted, removed or filled in.
 * Only missing members → `missing` (`M_MISSING_PARAM`), anything else → `badType` (`M_BAD_JSON`).
 */
export function checkSchema(
  schema: TSchema,
  value: unknown,
  errcodes: { missing: Errcode; badType: Errcode },
): void {
  const errors = schemaErrors(schema, value)
  if (errors.length === 0) return
  const missing = errors.filter(isMissingParam)
  if (missing.length === errors.length) {
    const keys = missing.flatMap((error) => missingKeys(error))
    throw new MatrixError(
      400,
      errcodes.missing,
      `Missing ${keys.length > 1 ? 'params' : 'param'}: ${keys.join(', ')}`,
    )
  }
  throw new MatrixError(400, errcodes.badType, describeProblem(errors))
}

/** A member that everybody must send; one of many things with any name, or one form of several, may lack it otherwise. */
function isMissingParam({ keyword, keywordPath }: SchemaError): boolean {
  return keyword === 'required' && !/\/(anyOf|additionalProperties|patternProperties)\//.test(keywordPath)
}

/** The first problem that is not a missing member, in one sentence that names the place. */
export function describeProblem(errors: readonly SchemaError[]): string {
  const first = errors.find((error) => error.keyword !== 'required') ?? errors[0]
  if (first === undefined) return 'The body is not what this endpoint takes'
  const place = placeName(first.instancePath)
  // Alternatives (`string or null`) are reported one by one at the same place.
  const here = errors.filter((error) => error.instancePath === first.instancePath)
  const types = here.filter((error) => error.keyword === 'type').map((error) => String(error.expected))
  if (types.length > 0) return `${place} must be ${[...new Set(types)].join(' or ')}`
  const values = here.filter((error) => error.keyword === 'const').map((error) => error.expected)
  if (values.length > 0)
    return `${place} must be ${values.map((value) => JSON.stringify(value)).join(' or ')}`
  return `${place} ${first.message}`
}

function missingKeys(error: SchemaError): string[] {
  const prefix = error.instancePath === '' ? '' : `${dotted(error.instancePath)}.`
  return (error.expected as string[]).map((name) => prefix + name)
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
