import { existsSync, readFileSync, rmSync } from 'node:fs'

/** Pieces at the start are not counted: making accounts and rooms is not what is measured. */
const SKIPPED_SHARE = 0.2

/** The worst of what `loop-probe.ts` wrote; the file is removed. */
export function readLoopDelays(file: string): { p99Ms: number; maxMs: number } {
  const worst = { p99Ms: 0, maxMs: 0 }
  if (!existsSync(file)) return worst
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  rmSync(file)
  for (const line of lines.slice(Math.ceil(lines.length * SKIPPED_SHARE))) {
    const { p99Ms, maxMs } = JSON.parse(line) as typeof worst
    worst.p99Ms = Math.max(worst.p99Ms, p99Ms)
    worst.maxMs = Math.max(worst.maxMs, maxMs)
  }
  return worst
}
