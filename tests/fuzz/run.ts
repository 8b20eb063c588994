import type { Dialect } from '@ranvier/storage'
import { startRanvier } from '@ranvier/testkit'
import { findInconsistencies, untilJobsEnd } from './database.ts'
import { type Operation, readOperations } from './document.ts'
import type { Fault } from './faults.ts'
import { type FuzzRequest, generate } from './generate.ts'
import { findFault } from './oracle.ts'
import { Random } from './random.ts'
import { Wire } from './wire.ts'
import { World } from './world.ts'

const SOCKETS = 16
const REQUESTS_PER_WORLD = 100
const BURST_SHARE = 0.02
const BURST = 12
/** What the mixture of all operations is called. */
export const EVERYTHING = 'everything'
/** Requests to it for each request to one operation. */
const MIXED_FACTOR = 10
const EXAMPLE_CHARACTERS = 600

export interface FuzzOptions {
  database: Dialect
  /** For each operation, at least. */
  requests: number
  seed: number
  /** Only this one, or only {@link EVERYTHING}. */
  operation?: string | undefined
  /** The first time something is wrong: a long run may be interrupted before it tells. */
  onFault?: (fault: Fault) => void
  onOperation?: (id: string, done: Figures) => void
}

export interface Figures {
  requests: number
  durationMs: number
  byStatus: Record<number, number>
}

export interface FuzzReport {
  figures: Map<string, Figures>
  faults: Fault[]
}

/** Sends generated requests to every operation of the document, on a server made for it; what was wrong afterwards. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  await using server = await startRanvier({
    database: options.database,
    configOverrides: { allow_guest_access: true },
  })
  const world = await World.create(server)
  using wire = new Wire(server.url, SOCKETS)
  const report: FuzzReport = { figures: new Map(), faults: [] }
  const all = readOperations()
  const operations = all.filter(({ id }) => (options.operation ?? id) === id)
  const mixes = options.operation === undefined || options.operation === EVERYTHING
  if (operations.length === 0 && !mixes) throw new Error(`there is no operation ${options.operation}`)
  const fuzzSome = async (id: string, some: readonly Operation[], requests: number): Promise<void> => {
    if (!server.isRunning) return
    const figures = await fuzzOperations(some, { id, requests, world, wire, options, faults: report.faults })
    report.figures.set(id, figures)
    options.onOperation?.(id, figures)
  }
  for (const operation of operations) await fuzzSome(operation.id, [operation], options.requests)
  // Operations that get into each other's way on the same accounts and rooms.
  if (mixes) await fuzzSome(EVERYTHING, all, options.requests * MIXED_FACTOR)
  const add = (what: string) => report.faults.push({ operation: 'the server', what, times: 1, example: '' })
  for (const what of await findAftermath(world)) add(what)
  return report
}

interface Batch {
  /** Also what the random numbers are made from. */
  id: string
  requests: number
  world: World
  wire: Wire
  options: FuzzOptions
  /** To which new ones are added. */
  faults: Fault[]
}

async function fuzzOperations(
  operations: readonly Operation[],
  { id, requests, world, wire, options, faults }: Batch,
): Promise<Figures> {
  const startedMs = performance.now()
  const figures: Figures = { requests: 0, durationMs: 0, byStatus: {} }
  const sendOne = async (operation: Operation, request: FuzzRequest): Promise<void> => {
    figures.requests++
    const answer = await wire.send(request).catch((error: Error) => error)
    const isLost = answer instanceof Error
    if (!isLost) figures.byStatus[answer.status] = (figures.byStatus[answer.status] ?? 0) + 1
    const what = isLost ? `loses the connection: ${answer.message}` : findFault(operation, request, answer)
    if (what === undefined) return
    const known = faults.find((fault) => fault.operation === operation.id && fault.what === what)
    if (known !== undefined) known.times++
    else {
      const told = isLost ? '' : `${answer.status} ${answer.text}`
      const fault = { operation: operation.id, what, times: 1, example: describe(request, told) }
      faults.push(fault)
      options.onFault?.(fault)
    }
  }
  const fuzzOne = async (i: number): Promise<void> => {
    const random = new Random(`${options.seed} ${id} ${i}`)
    const operation = random.pick(operations)
    const request = generate(operation, world, random)
    // The same at once, as from a client that tries again: one may win, none may break.
    const times = random.chance(BURST_SHARE) ? BURST : 1
    await Promise.all(Array.from({ length: times }, () => sendOne(operation, request)))
  }
  const bulkJobs = operations.some(({ id: name }) => name === 'startBulkJob')
  for (let begin = 0; begin < requests; begin += REQUESTS_PER_WORLD) {
    const failed = await world.refresh({ bulkJobs }).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (failed !== undefined) {
      faults.push({ operation: id, what: `leaves a server of no use: ${failed}`, times: 1, example: '' })
      break
    }
    let next = begin
    const end = Math.min(begin + REQUESTS_PER_WORLD, requests)
    const work = async (): Promise<void> => {
      while (next < end) await fuzzOne(next++)
    }
    await Promise.all(Array.from({ length: SOCKETS }, work))
  }
  figures.durationMs = Math.round(performance.now() - startedMs)
  return figures
}

/** What is wrong with the server when all is over. It is stopped then. */
async function findAftermath({ server, admin }: World): Promise<string[]> {
  if (!server.isRunning) return [`it ended by itself: ${server.log.slice(-5).join('\n')}`]
  const problems: string[] = []
  const health = await fetch(`${server.url}/health`)
  if (health.status !== 200) problems.push(`its health is ${health.status}`)
  await admin.get('/_matrix/client/v3/account/whoami').catch((error: Error) => {
    problems.push(`its administrator is refused: ${error.message}`)
  })
  // A request may have paused them.
  await admin.post('/_synapse/admin/v1/background_updates/enabled', { enabled: true })
  problems.push(...(await untilJobsEnd(server.storageOptions)))
  const exitCode = await server.stop()
  if (exitCode !== 0) problems.push(`it stops with exit code ${exitCode}`)
  const complaints = server.log.filter((line) => !/"level":"(trace|debug|info|warn)"/.test(line))
  const kinds = new Set(complaints.map((line) => line.replace(/"(time|requestId|path)":"[^"]*",?/g, '')))
  for (const line of [...kinds].slice(0, 5)) problems.push(`it logged: ${line.slice(0, 1_500)}`)
  return [...problems, ...(await findInconsistencies(server.storageOptions))]
}

function describe({ method, path, headers, body, caller }: FuzzRequest, answer: string): string {
  const short = (text: string) =>
    text.length > EXAMPLE_CHARACTERS ? `${text.slice(0, EXAMPLE_CHARACTERS)}… (${text.length})` : text
  const type = headers.includes('content-type') ? '' : ' without a content type'
  const sent = body === undefined ? '' : `\n    ${short(JSON.stringify(body.toString()))}${type}`
  return `${method} ${short(path)} as ${caller.name}${sent}\n    → ${short(answer)}`
}
