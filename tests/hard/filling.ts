import { setTimeout as wait } from 'node:timers/promises'
import { type Probe, type Probed, probe, untilWell } from './probes.ts'
import type { SmallDisk } from './small-disk.ts'

const RECOVERY_MS = 15_000

export interface FullDiskOptions {
  /** How often there is no room for a while. */
  times: number
  /** How long each time, milliseconds. */
  fullMs: number
}

export interface Filling extends FullDiskOptions {
  disk: SmallDisk
  probes: readonly Probe[]
  /** What may be refused with 503 meanwhile. Default: writes. */
  mayFail?: (one: Probe) => boolean
  /** When there is room again. */
  whenFreed?: () => Promise<void>
}

/**
 * There is no room on the disk for a while, again and again, and everything is asked meanwhile; afterwards each kind of request
 * succeeds again. What was wrong, and what was refused how often.
 */
export async function fillRepeatedly(filling: Filling): Promise<{
  problems: string[]
  refused: Map<string, number>
}> {
  const { disk, probes, times, fullMs, whenFreed, mayFail = ({ writes }) => writes } = filling
  const problems: string[] = []
  const refused = new Map<string, number>()
  for (let time = 0; time < times; time++) {
    await wait(fullMs / 2)
    disk.fill()
    const endMs = performance.now() + fullMs
    do {
      for (const one of probes) {
        const result = await probe(one)
        problems.push(...findUnclear(one, result, mayFail(one)))
        if (result.status === 503) refused.set(one.name, (refused.get(one.name) ?? 0) + 1)
        disk.fill() // what a refused write has given back
      }
    } while (performance.now() < endMs)
    disk.free()
    await whenFreed?.()
    problems.push(...(await untilWell(probes, RECOVERY_MS)))
  }
  return { problems, refused }
}

/** Done, or refused with an error that says it is not the client's. */
function findUnclear({ name }: Probe, { status, fault }: Probed, mayFail: boolean): string[] {
  if (fault !== undefined) return [`while it is full: ${fault}`]
  if (status === 200 || (mayFail && status === 503)) return []
  return [`while it is full: ${name} is answered ${status}`]
}

/** How often what was refused, in words. */
export function saidOf(refused: ReadonlyMap<string, number>): string {
  return [...refused].map(([name, count]) => `${name} ${count}`).join(', ')
}

/** Where these were never refused the disk was never full. */
export function findUntested(refused: ReadonlyMap<string, number>, names: readonly string[]): string[] {
  return names
    .filter((name) => !refused.has(name))
    .map((name) => `${name} never met the full disk: nothing was tested`)
}
