import { existsSync, readFileSync, rmSync } from 'node:fs'
import { slopeOf } from '../hard/slope.ts'

/** Five seconds of the server, as `loop-probe.ts` writes them. */
export interface Sample {
  /** Their end, ms since the epoch. */
  ts: number
  /** How late the event loop was by its own work. */
  p99Ms: number
  maxMs: number
  /** With the time it waited for a processor. */
  withWaitP99Ms: number
  /** How often was looked, and how often it was later than the budget then. */
  looks: number
  lateLooks: number
  rssMb: number
  heapMb: number
  externalMb: number
}

/** What the probe wrote within these times; the file is removed. */
export function readSamples(file: string, fromMs: number, toMs: number): Sample[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  rmSync(file)
  return lines.map((line) => JSON.parse(line) as Sample).filter(({ ts }) => ts >= fromMs && ts <= toMs)
}

/** MB a minute by which `of` grows: the least squares' line through the samples. */
export function slope(samples: readonly Sample[], of: 'rssMb' | 'heapMb'): number {
  return slopeOf(samples.map((sample) => [sample.ts / 60_000, sample[of]] as const))
}

/**
 * The least of `of` in each stretch of `stretchMs`: what is left when the collector was there, which is what a leak
 * raises.
 */
export function valleys(samples: readonly Sample[], of: 'rssMb' | 'heapMb', stretchMs: number): Sample[] {
  const least = new Map<number, Sample>()
  for (const sample of samples) {
    const stretch = Math.floor((sample.ts - samples[0]!.ts) / stretchMs)
    const before = least.get(stretch)
    if (before === undefined || sample[of] < before[of]) least.set(stretch, sample)
  }
  return [...least.values()]
}
