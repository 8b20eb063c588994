import { callBytes } from '../bench/call.ts'
import { median } from '../bench/measure.ts'
import { exactCpuMs } from '../bench/process-use.ts'
import { untilAtRest } from '../bench/rest.ts'
import { cpuMsOf } from './backends.ts'
import { type Growth, growthOf } from './fit.ts'
import type { Operation, Step } from './operation.ts'
import type { Scene } from './scene.ts'

/** Requests before those that count: they warm caches and the compiler. */
const WARM_UP = 3
/** Less than one request, or one question to PostgreSQL, costs. */
const LEAST_MS = 0.05
const LEAST_BYTES = 1

/** One operation at all sizes; medians. */
export interface Result {
  operation: string
  isAskedFor: boolean
  sizes: number[]
  ms: number[]
  /** Of the server's process while it answers; it does not depend on what else the machine does. */
  cpuMs: number[]
  /** Of PostgreSQL's processes for this server meanwhile; `undefined` for SQLite. */
  databaseMs: number[] | undefined
  answerBytes: number[]
  growth: { ms: Growth; cpuMs: Growth; databaseMs: Growth | undefined; answerBytes: Growth }
}

interface Side {
  scene: Scene
  step: Step
  ms: number[]
  cpuMs: number[]
  databaseMs: number[]
  answerBytes: number[]
}

/** Asks all servers in turns: what else the machine does meets all sizes. */
export async function measure(
  operation: Operation,
  scenes: readonly Scene[],
  rounds: number,
): Promise<Result> {
  const sides: Side[] = []
  for (const scene of scenes)
    sides.push({
      scene,
      step: await operation.prepare(scene),
      ms: [],
      cpuMs: [],
      databaseMs: [],
      answerBytes: [],
    })
  for (let n = 0; n < rounds + WARM_UP; n++) {
    for (const side of sides) {
      const request = await side.step(n)
      const { pid } = side.scene.server
      const backends = (await side.scene.backends?.list()) ?? []
      const databaseBefore = cpuMsOf(backends)
      const cpuBefore = exactCpuMs(pid)
      const began = performance.now()
      const answer = await callBytes(request)
      const ms = performance.now() - began
      const cpuMs = exactCpuMs(pid) - cpuBefore
      const databaseMs = cpuMsOf(backends) - databaseBefore
      if (n < WARM_UP) continue
      side.ms.push(ms)
      side.cpuMs.push(cpuMs)
      side.databaseMs.push(databaseMs)
      side.answerBytes.push(answer.length)
    }
    if (operation.leavesWork) await Promise.all(scenes.map(({ server }) => untilAtRest(server.pid)))
  }
  const sizes = scenes.map(({ size }) => size)
  const of = (pick: 'ms' | 'cpuMs' | 'databaseMs' | 'answerBytes') => sides.map((side) => median(side[pick]))
  const [ms, cpuMs, answerBytes] = [of('ms'), of('cpuMs'), of('answerBytes')]
  const databaseMs = scenes[0]?.backends === undefined ? undefined : of('databaseMs')
  return {
    operation: operation.name,
    isAskedFor: operation.isAskedFor ?? false,
    sizes,
    ms,
    cpuMs,
    databaseMs,
    answerBytes,
    growth: {
      ms: growthOf(sizes, ms, LEAST_MS),
      cpuMs: growthOf(sizes, cpuMs, LEAST_MS),
      databaseMs: databaseMs && growthOf(sizes, databaseMs, LEAST_MS),
      answerBytes: growthOf(sizes, answerBytes, LEAST_BYTES),
    },
  }
}
