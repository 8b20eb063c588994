/** Where a difference is seen. What is not given may be anything. */
export interface Sighting {
  /** Matches what is tried, or the request in words. */
  request: RegExp
  /** Matches the line that says what differs. */
  shows?: RegExp
  /** Matches our status and errcode, such as `400 M_BAD_JSON`. */
  here?: RegExp
  /** Matches the other server's. */
  there?: RegExp
}

/** A difference that stays. */
export interface KnownDifference {
  /** For administrators who move over; a line of `docs/differences.md`. Absent: of no interest to them. */
  says?: string
  /** Why it stays, for whoever reads the comparison. */
  because?: string
  /** Absent: no single request shows it. */
  seen?: readonly Sighting[]
}

export type KnownSection = readonly [heading: string, differences: readonly KnownDifference[]]

export interface SeenLine {
  what: string
  request: string
  /** One of `differencesOf`. */
  line: string
  /** Status and errcode. */
  here: string
  there: string
}

/** Whether this is the difference. */
export function isSeen(known: KnownDifference, { what, request, line, here, there }: SeenLine): boolean {
  return (known.seen ?? []).some(
    (each) =>
      (each.request.test(what) || each.request.test(request)) &&
      (each.shows?.test(line) ?? true) &&
      (each.here?.test(here) ?? true) &&
      (each.there?.test(there) ?? true),
  )
}
