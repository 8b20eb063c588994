/** Something that must not be, found in the answers of one operation or in what is left behind. */
export interface Fault {
  operation: string
  what: string
  times: number
  /** The first request that showed it, and its answer. */
  example: string
}

/** Faults as lines for people. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults
    .map(({ operation, what, times, example }) => `${operation} ${what} (${times} times)\n    ${example}`)
    .join('\n')
}
