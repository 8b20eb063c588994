const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const DURATION_UNITS: Record<string, number> = {
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
}

const SIZE_UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/**
 * Milliseconds of a duration as Synapse writes them: `30s`, `5m`, `1h`, `2d`, `1w`, `1y`, or a whole number of
 * milliseconds. `undefined` when it is none of these.
 */
export function parseDurationMs(value: string | number): number | undefined {
  return parseUnits(value, DURATION_UNITS)
}

/** Bytes of a size as Synapse writes them: `512K`, `10M`, `2G`, or a whole number of bytes. */
export function parseSizeBytes(value: string | number): number | undefined {
  return parseUnits(value, SIZE_UNITS)
}

function parseUnits(value: string | number, units: Record<string, number>): number | undefined {
  const match = /^(\d+)([a-zA-Z]?)$/.exec(String(value))
  if (match === null) return undefined
  const [, digits, unit] = match
  const factor = unit === '' ? 1 : units[unit!]
  const result = factor === undefined ? Number.NaN : Number(digits) * factor
  return Number.isSafeInteger(result) ? result : undefined
}
