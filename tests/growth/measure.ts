import { callBytes } from '../bench/call.ts'
import { median } from '../bench/measure.ts'
import { exactCpuMs } from '../bench/process-use.ts'
import { type Growth, growthOf } from './fit.ts'
import type { Operation, Step } from './operation.ts'
import type { Scene } from './scene.ts'

/** Requests before those that count: they warm caches and the compiler. */
const WARM_UP = 3

/** One operation at all sizes; medians. */
export interface Result {
  operation: string
  isAskedFor: boolean
  sizes: number[]
  ms: number[]
  /** Of the server's process while it answers; it does not depend on what else the machine does. */
  cpuMs: number[]
  answerBytes: number[]
  growth: { ms: Growth; cpuMs: Growth; answerBytes: Growth }
}

interface Side {
  scene: Scene
  step: Step
  ms: number[]
  cpuMs: number[]
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
    sides.push({ scene, step: await operation.prepare(scene), ms: [], cpuMs: [], answerBytes: [] })
  for (let n = 0; n < rounds + WARM_UP; n++)
    for (const side of sides) {
      const request = await side.step(n)
      const { pid } = side.scene.server
      const cpuBefore = exactCpuMs(pid)
      const began = performance.now()
      const answer = await callBytes(request)
      const ms = performance.now() - began
      const cpuMs = exactCpuMs(pid) - cpuBefore
      if (n < WARM_UP) continue
      side.ms.push(ms)
      side.cpuMs.push(cpuMs)
      side.answerBytes.push(answer.length)
    }
  const sizes = scenes.map(({ size }) => size)
  const of = (pick: 'ms' | 'cpuMs' | 'answerBytes') => sides.map((side) => median(side[pick]))
  const [ms, cpuMs, answerBytes] = [of('ms'), of('cpuMs'), of('answerBytes')]
  return {
    operation: operation.name,
    isAskedFor: operation.isAskedFor ?? false,
    sizes,
    ms,
    cpuMs,
    answerBytes,
    growth: {
      ms: growthOf(sizes, ms),
      cpuMs: growthOf(sizes, cpuMs),
      answerBytes: growthOf(sizes, answerBytes),
    },
  }
}
