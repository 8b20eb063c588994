import { setTimeout } from 'node:timers/promises'
import { exactCpuMs } from '../bench/process-use.ts'
import type { Backends } from './backends.ts'

/** Longer than a tick of the kernel, which is when it adds what a thread has used that runs on. */
const LOOK_EVERY_MS = 6
/** Then something runs that has nothing to do with the request. */
const LOOKS = 20

export interface CpuTime {
  serverMs: number
  databaseMs: number
}

/** CPU time that a server has used in all, and PostgreSQL's processes for it. */
export class CpuClock {
  readonly #pid: number
  readonly #backends: Backends | undefined
  /** Time of each of PostgreSQL's processes when it was last looked at: one that has ended keeps its share. */
  readonly #databaseMs = new Map<number, number>()

  constructor(pid: number, backends: Backends | undefined) {
    this.#pid = pid
    this.#backends = backends
  }

  /**
   * Once nothing runs any more. While a thread runs the kernel adds its time at each tick only: short answers would cost nothing,
   * or what the one before had left.
   */
  async read(): Promise<CpuTime> {
    let before = this.#look()
    for (let looks = 0; looks < LOOKS; looks++) {
      await setTimeout(LOOK_EVERY_MS)
      const now = this.#look()
      if (now.serverMs === before.serverMs && now.databaseMs === before.databaseMs) break
      before = now
    }
    return this.now()
  }

  /** As far as the kernel has counted. Connections that were opened meanwhile count from their beginning. */
  async now(): Promise<CpuTime> {
    const { serverMs } = this.#look()
    for (const pid of (await this.#backends?.list()) ?? [])
      if (!this.#databaseMs.has(pid)) this.#databaseMs.set(pid, 0)
    return { serverMs, databaseMs: this.#look().databaseMs }
  }

  /** The sum of both. */
  async all(): Promise<number> {
    const { serverMs, databaseMs } = await this.read()
    return serverMs + databaseMs
  }

  #look(): CpuTime {
    let databaseMs = 0
    for (const [pid, known] of this.#databaseMs) {
      const now = ifRuns(pid) ?? known
      this.#databaseMs.set(pid, now)
      databaseMs += now
    }
    return { serverMs: exactCpuMs(this.#pid), databaseMs }
  }
}

function ifRuns(pid: number): number | undefined {
  try {
    return exactCpuMs(pid)
  } catch {
    return undefined // it ended
  }
}
