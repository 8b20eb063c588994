import { invalidParam } from '../../../errors.ts'

/** The number of a report, from a path. Throws 400 `M_INVALID_PARAM`. */
export function reportIdParam(raw: string): number {
  const id = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
  if (!Number.isSafeInteger(id)) throw invalidParam('The report id must be a non-negative integer')
  return id
}
