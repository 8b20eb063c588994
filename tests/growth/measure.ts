import { callBytes } from '../bench/call.ts'
import { median } from '../bench/measure.ts'
import { untilAtRest } from '../bench/rest.ts'
import { CpuClock } from './cpu-clock.ts'
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
  /** Of the server's process until it sleeps again; it depends little on what else the machine does. */
  cpuMs: number[]
  /** Of PostgreSQL's processes for this server meanwhile; `undefined` for SQLite. */
  databaseMs: number[] | undefined
  /** Of all these for each round: with what prepares the request, and what jobs do because of it. */
  aroundMs: number[]
  answerBytes: number[]
  growth: {
    ms: Growth
    cpuMs: Growth
    databaseMs: Growth | undefined
    aroundMs: Growth
    answerBytes: Growth
  }
}

interface Side {
  scene: Scene
  step: Step
  clock: CpuClock
  /** CPU time in all when each round that counts began, and when the last had ended. */
  marksMs: number[]
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
      clock: new CpuClock(scene.server.pid, scene.backends),
      marksMs: [],
      ms: [],
      cpuMs: [],
      databaseMs: [],
      answerBytes: [],
    })
  for (let n = 0; n < rounds + WARM_UP; n++) {
    for (const side of sides) {
      const { clock, scene } = side
      if (n >= WARM_UP) side.marksMs.push(await clock.all())
      const request = await side.step(n)
      const before = await clock.read()
      const began = performance.now()
      const answer = await callBytes(request)
      const ms = performance.now() - began
      // A job that goes on for long is not waited for; then the figure is as exact as the kernel's tick.
      const after = await (operation.leavesWork ? clock.now() : clock.read())
      if (!operation.isRight(JSON.parse(answer.toString()) as never, scene))
        throw new Error(`${request.url} answers ${answer.toString().slice(0, 1_000)}`)
      if (n < WARM_UP) continue
      side.ms.push(ms)
      side.cpuMs.push(after.serverMs - before.serverMs)
      side.databaseMs.push(after.databaseMs - before.databaseMs)
      side.answerBytes.push(answer.length)
    }
    if (operation.leavesWork) await Promise.all(scenes.map(({ server }) => untilAtRest(server.pid)))
  }
  const aroundMs: number[] = []
  for (const { clock, marksMs } of sides) {
    marksMs.push(await clock.all())
    aroundMs.push(median(marksMs.slice(1).map((mark, i) => mark - marksMs[i]!)))
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
    aroundMs,
    answerBytes,
    growth: {
      ms: growthOf(sizes, ms, LEAST_MS),
      cpuMs: growthOf(sizes, cpuMs, LEAST_MS),
      databaseMs: databaseMs && growthOf(sizes, databaseMs, LEAST_MS),
      aroundMs: growthOf(sizes, aroundMs, LEAST_MS),
      answerBytes: growthOf(sizes, answerBytes, LEAST_BYTES),
    },
  }
}
