import type { Client, Ranvier } from '@ranvier/testkit'
import type { BareServer } from './bare.ts'
import { type Call, call, type Measure, measure } from './load.ts'
import type { RawWriter } from './raw-rows.ts'

/** What the scenarios of one run share. */
export interface Stage {
  server: Ranvier
  bare: BareServer
  raw: RawWriter
  admin: Client
}

/** Measured in one round: the server, and what bounds it from below. */
export interface Round {
  server: Measure
  /** `node:http` answering the same requests with the same bytes. */
  http: Measure
  /** Prepared statements writing the same rows, where rows are written. */
  rows?: Measure
}

export interface Scenario {
  name: string
  summary: string
  /** Makes what it needs once, and gives the round to repeat. */
  prepare(stage: Stage): Promise<() => Promise<Round>>
}

const enc = encodeURIComponent
let unique = 0

const sendCall = (client: Client, roomId: string): Call => ({
  url: `${client.url}/_matrix/client/v3/rooms/${enc(roomId)}/send/m.room.message/b${++unique}`,
  method: 'PUT',
  token: client.accessToken,
  body: '{"msgtype":"m.text","body":"the quick brown fox"}',
})

/** The same request to the bare server, which answers with `answer`. */
async function bareCopy({ bare }: Stage, sample: Call, answer: string): Promise<Call> {
  await bare.answerWith(answer)
  return { ...sample, url: bare.url + new URL(sample.url).pathname }
}

const sendSequential: Scenario = {
  name: 'send-sequential',
  summary: 'one client sends one message after another',
  async prepare(stage) {
    const { server, bare, raw, admin } = stage
    const roomId = await admin.createRoom({})
    const each = 200
    return async () => {
      const copy = await bareCopy(stage, sendCall(admin, roomId), await call(sendCall(admin, roomId)))
      return {
        server: await measure(server.pid, 1, each, () => call(sendCall(admin, roomId))),
        http: await measure(bare.pid, 1, each, () => call(copy)),
        rows: await measure(undefined, 1, each, () => raw.write(1)),
      }
    }
  },
}

const sendParallel: Scenario = {
  name: 'send-parallel',
  summary: '50 senders in 50 rooms send at once',
  async prepare(stage) {
    const { server, bare, raw } = stage
    const senders = await Promise.all(Array.from({ length: 50 }, (_, i) => server.register(`sender${i}`)))
    const roomIds = await Promise.all(senders.map((sender) => sender.createRoom({})))
    const each = 40
    return async () => {
      const sample = sendCall(senders[0]!, roomIds[0]!)
      const copy = await bareCopy(stage, sample, await call(sample))
      const rows = await measure(undefined, 1, each, () => raw.write(senders.length))
      return {
        server: await measure(server.pid, 50, each, (lane) => call(sendCall(senders[lane]!, roomIds[lane]!))),
        http: await measure(bare.pid, 50, each, () => call(copy)),
        rows: {
          ...rows,
          operations: each * senders.length,
          msPerOperation: rows.msPerOperation / senders.length,
        },
      }
    }
  },
}

const fanOut: Scenario = {
  name: 'fan-out',
  summary: 'one message to 100 long polls, until the last has it',
  async prepare(stage) {
    const { server, bare, admin } = stage
    const roomId = await admin.createRoom({ preset: 'public_chat' })
    const readers = await Promise.all(Array.from({ length: 100 }, (_, i) => server.register(`reader${i}`)))
    for (const reader of readers) await reader.join(roomId)
    const syncCall = (reader: Client, since: string | undefined, timeout: number): Call => ({
      // Offline, or readers who come online would wake each other before the message does.
      url: `${reader.url}/_matrix/client/v3/sync?set_presence=offline&timeout=${timeout}${since === undefined ? '' : `&since=${enc(since)}`}`,
      token: reader.accessToken,
    })
    const tokens = new Map<Client, string>()
    /** Syncs until an answer holds `text`; that answer. */
    const until = async (reader: Client, text: string, timeout: number): Promise<string> => {
      for (;;) {
        const answer = await call(syncCall(reader, tokens.get(reader), timeout))
        tokens.set(reader, (JSON.parse(answer) as { next_batch: string }).next_batch)
        if (answer.includes(text)) return answer
      }
    }
    for (const reader of readers) await until(reader, 'next_batch', 0)
    let sample = ''
    const once = async () => {
      const marker = `marker-${++unique}`
      // With nothing new, all wait; the round trips after them tell that their requests have been taken up.
      const polls = readers.map((reader) => until(reader, marker, 30_000))
      for (let i = 0; i < 3; i++) await call({ url: `${server.url}/health` })
      const began = performance.now()
      const message = sendCall(admin, roomId)
      await call({ ...message, body: JSON.stringify({ msgtype: 'm.text', body: marker }) })
      const answers = await Promise.all(polls)
      const ms = performance.now() - began
      sample = answers[0]!
      return ms
    }
    const bareOnce = async () => {
      const polls = readers.map((reader) => call({ url: `${bare.url}/wait`, token: reader.accessToken }))
      await call({ url: `${bare.url}/health` })
      const began = performance.now()
      await call({
        url: `${bare.url}/release`,
        method: 'PUT',
        body: '{"msgtype":"m.text","body":"the quick brown fox"}',
      })
      await Promise.all(polls)
      return performance.now() - began
    }
    return async () => {
      const measured = await measureOwn(server.pid, 10, once)
      await bare.answerWith(sample)
      return { server: measured, http: await measureOwn(bare.pid, 10, bareOnce) }
    }
  },
}

/** For operations that tell their own time, which leaves out what they prepare. */
async function measureOwn(pid: number, times: number, operation: () => Promise<number>): Promise<Measure> {
  const ms: number[] = []
  const whole = await measure(pid, 1, times, async () => void ms.push(await operation()))
  ms.sort((a, b) => a - b)
  const mean = ms.reduce((sum, value) => sum + value, 0) / ms.length
  return { ...whole, msPerOperation: mean, p50Ms: ms[ms.length >> 1]!, p99Ms: ms.at(-1)! }
}

/** A GET whose answer does not change, on eight connections. */
function getScenario(name: string, summary: string, prepare: (stage: Stage) => Promise<Call>): Scenario {
  return {
    name,
    summary,
    async prepare(stage) {
      const target = await prepare(stage)
      const answer = await call(target)
      return async () => {
        const copy = await bareCopy(stage, target, answer)
        return {
          server: await measure(stage.server.pid, 8, 150, () => call(target)),
          http: await measure(stage.bare.pid, 8, 150, () => call(copy)),
        }
      }
    },
  }
}

function idleSync(rooms: number): Scenario {
  const summary = `incremental sync of a client in ${rooms} rooms with nothing new`
  return getScenario(`idle-sync-${rooms}`, summary, async ({ server }) => {
    const client = await server.register(`idle${rooms}`)
    for (let i = 0; i < rooms; i++) await client.createRoom({})
    const { next_batch: since } = await client.sync()
    return {
      url: `${server.url}/_matrix/client/v3/sync?timeout=0&since=${enc(since)}`,
      token: client.accessToken,
    }
  })
}

const adminUser = getScenario('admin-user', 'admin query of one account', async ({ server, admin }) => ({
  url: `${server.url}/_synapse/admin/v2/users/${enc(admin.userId)}`,
  token: admin.accessToken,
}))

const userList = getScenario('user-list', 'a page of 100 accounts', async ({ server, admin }) => {
  for (let i = 0; i < 500; i += 20)
    await Promise.all(Array.from({ length: 20 }, (_, j) => server.register(`listed${i + j}`)))
  return { url: `${server.url}/_synapse/admin/v2/users?from=0&limit=100`, token: admin.accessToken }
})

export const scenarios: readonly Scenario[] = [
  sendSequential,
  sendParallel,
  fanOut,
  idleSync(1),
  idleSync(100),
  adminUser,
  userList,
]
