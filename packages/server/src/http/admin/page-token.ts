import { invalidParam } from '../../errors.ts'

/** Most items of a page of our own lists, whatever `limit` says. */
export const MOST_ITEMS = 1_000

/** Where a list goes on, as text: what it is ordered by, of the last item seen. */
export function pageToken(place: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** The place a token of {@link pageToken} names. `kinds` is what each value is. 400 `M_INVALID_PARAM` for other text. */
export function placeOf<const K extends readonly ('string' | 'number')[]>(
  token: string,
  kinds: K,
): { [I in keyof K]: K[I] extends 'string' ? string : number } {
  const place = parse(token)
  const isOurs =
    Array.isArray(place) &&
    place.length === kinds.length &&
    place.every(
      (value, i) => typeof value === kinds[i] && (kinds[i] === 'string' || Number.isSafeInteger(value)),
    )
  if (!isOurs) throw invalidParam("Query parameter 'from' must be the next_token of a page before")
  return place as never // just looked at
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}
