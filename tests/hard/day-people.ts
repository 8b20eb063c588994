import { Client, MatrixRequestError, type Ranvier } from '@ranvier/testkit'
import sharp from 'sharp'
import type { Random } from '../fuzz/random.ts'

const CLIENT = '/_matrix/client/v3'
const V1 = '/_synapse/admin/v1'
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
const enc = encodeURIComponent
const KEPT_IDS = 50
const POLL_MS = 2_000
const WAIT_MS = 50
const CONNECTIONS = 8
const USER_ORDERS = [
  'name',
  'is_guest',
  'admin',
  'deactivated',
  'displayname',
  'avatar_url',
  'creation_ts',
  'last_seen_ts',
]
const ROOM_ORDERS = [
  'name',
  'canonical_alias',
  'joined_members',
  'version',
  'creator',
  'encryption',
  'state_events',
]

/** Where the day happens, and what went wrong in it. */
export interface Day {
  server: Ranvier
  admin: Client
  people: readonly Client[]
  rooms: readonly string[]
  pictures: readonly Uint8Array<ArrayBuffer>[]
  random: Random
  /** The last events and files anybody made. */
  events: { roomId: string; eventId: string; by: Client }[]
  files: string[]
  errors: string[]
  signal: AbortSignal
  /** While it is pending, nobody begins anything. */
  rest: Promise<void> | undefined
  /** How many are at something. */
  active: number
}

/** Pictures that do not compress to nothing. */
export async function makePictures(count: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const [width, height] = [160, 120]
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const pixels = Buffer.from(
        Array.from({ length: width * height * 3 }, (_, i) => (i * (n + 7) * 2_654_435) >> 8),
      )
      return new Uint8Array(
        await sharp(pixels, { raw: { width, height, channels: 3 } })
          .jpeg()
          .toBuffer(),
      )
    }),
  )
}

type Act = (day: Day, me: Client) => Promise<unknown>
let unique = 0

const keep = <T>(list: T[], one: T) => {
  list.push(one)
  if (list.length > KEPT_IDS) list.shift()
}

const say: Act = async (day, me) => {
  const roomId = day.random.pick(day.rooms)
  keep(day.events, {
    roomId,
    eventId: await me.send(roomId, `day ${++unique} ${'x'.repeat(unique % 400)}`),
    by: me,
  })
}

const about =
  (type: string, relation: (eventId: string) => Record<string, unknown>): Act =>
  async (day, me) => {
    const { roomId, eventId } = day.random.pick(day.events)
    await me.send(roomId, relation(eventId), { type })
  }

const redact: Act = async (day) => {
  const { roomId, eventId, by } = day.random.pick(day.events)
  await by.put(`${CLIENT}/rooms/${enc(roomId)}/redact/${enc(eventId)}/r${++unique}`)
}

const read: Act = async (day, me) => {
  const room = `${CLIENT}/rooms/${enc(day.random.pick(day.rooms))}`
  const { end } = await me.get<{ end?: string }>(`${room}/messages?dir=b&limit=30`)
  if (end !== undefined) await me.get(`${room}/messages?dir=b&limit=30&from=${enc(end)}`)
  await me.get(`${room}/members`)
}

const follow: Act = async (day, me) => {
  const { roomId, eventId } = day.random.pick(day.events)
  const room = `${CLIENT}/rooms/${enc(roomId)}`
  await me.put(`${room}/typing/${enc(me.userId)}`, { typing: true, timeout: 5_000 })
  await me.post(`${room}/receipt/m.read/${enc(eventId)}`)
  await me.get(`${room}/context/${enc(eventId)}?limit=5`)
  await me.put(`${CLIENT}/presence/${enc(me.userId)}/status`, {
    presence: 'online',
    status_msg: `${++unique}`,
  })
}

const files: Act = async (day, me) => {
  const content = Buffer.concat([day.random.pick(day.pictures), Buffer.from(`${++unique}`)])
  keep(day.files, (await me.upload(new Uint8Array(content), 'image/jpeg')).slice('mxc://'.length))
  const headers = { authorization: `Bearer ${me.accessToken}` }
  const path = day.random.pick(day.files)
  for (const way of [`download/${path}`, `thumbnail/${path}?width=96&height=96&method=crop`]) {
    const answer = await fetch(`${me.url}/_matrix/client/v1/media/${way}`, { headers })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${way}: ${answer.status}`)
  }
}

const firstSyncs: Act = async (_day, me) => {
  const { next_batch: since } = await me.sync()
  await me.sync({ since })
  const lists = {
    all: { ranges: [[0, 20]], timeline_limit: 10, required_state: [['m.room.member', '$LAZY']] },
  }
  const conn_id = `c${++unique}`
  const { pos } = await me.post<{ pos: string }>(SLIDING, { conn_id, lists })
  await me.post(`${SLIDING}?pos=${enc(pos)}&timeout=0`, { conn_id, lists })
}

const devices: Act = async (day, me) => {
  const other = day.random.pick(day.people)
  await me.put(`${CLIENT}/sendToDevice/com.example.day/t${++unique}`, {
    messages: { [other.userId]: { '*': { n: unique } } },
  })
  await me.post(`${CLIENT}/keys/query`, { device_keys: { [other.userId]: [] } })
}

const search: Act = async (day, me) => {
  const room_events = { search_term: `day ${day.random.integer(1, 1_000)}` }
  await me.post(`${CLIENT}/search`, { search_categories: { room_events } })
  await me.post(`${CLIENT}/user_directory/search`, { search_term: 'per', limit: 10 })
  await me.put(`${CLIENT}/profile/${enc(me.userId)}/displayname`, { displayname: `Person ${++unique}` })
}

/** Somebody comes, talks in a room of their own with others, and is gone with it. */
const guest: Act = async (day, me) => {
  const { admin, server } = day
  const n = ++unique
  const visitor = await server.register(`visitor${n}`)
  const roomId = await visitor.createRoom({
    preset: 'public_chat',
    name: `Room ${n}`,
    room_alias_name: `r${n}`,
  })
  await me.join(roomId)
  for (let i = 0; i < 5; i++) await visitor.send(roomId, `hello ${i}`)
  await visitor.sync()
  await me.leave(roomId)
  await me.post(`${CLIENT}/rooms/${enc(roomId)}/forget`)
  await visitor.logOut()
  await admin.post(`${V1}/deactivate/${enc(visitor.userId)}`, { erase: true })
  await admin.delete(`/_synapse/admin/v2/rooms/${enc(roomId)}`, { purge: true, block: n % 2 === 0 })
}

const administer: Act = async (day) => {
  const { admin, random } = day
  const one = enc(random.pick(day.people).userId)
  await admin.get(
    `/_synapse/admin/v2/users?limit=50&order_by=${random.pick(USER_ORDERS)}&dir=${random.pick(['f', 'b'])}`,
  )
  await admin.get(`/_synapse/admin/v3/users?deactivated=true&name=visitor${random.integer(1, 100)}`)
  await admin.get(
    `${V1}/rooms?limit=50&order_by=${random.pick(ROOM_ORDERS)}&search_term=${random.pick(['Room', 'r1', '7'])}`,
  )
  await admin.get(`/_synapse/admin/v2/users/${one}`)
  await admin.get(`${V1}/whois/${one}`)
  await admin.put(`/_synapse/admin/v2/users/${one}`, { external_ids: [], user_type: null })
  await admin.get(`${V1}/rooms/${enc(random.pick(day.rooms))}/messages?dir=b`)
  await admin.get(`${V1}/statistics/users/media`)
  await admin.get(`${V1}/event_reports`)
}

const logIn: Act = async (_day, me) => {
  const name = me.userId.slice(1, me.userId.indexOf(':'))
  const device = await Client.logIn(me.url, name)
  await device.get(`${CLIENT}/account/whoami`)
  await device.sync({ filter: { room: { rooms: [] } } })
  await device.logOut()
}

const WEIGHTS: readonly [number, Act][] = [
  [30, say],
  [
    4,
    about('m.reaction', (event_id) => ({
      'm.relates_to': { rel_type: 'm.annotation', event_id, key: `${++unique}` },
    })),
  ],
  [
    3,
    about('m.room.message', (event_id) => ({
      msgtype: 'm.text',
      body: 'in a thread',
      'm.relates_to': { rel_type: 'm.thread', event_id },
    })),
  ],
  [2, redact],
  [6, read],
  [8, follow],
  [4, files],
  [2, firstSyncs],
  [4, devices],
  [2, search],
  [2, guest],
  [3, administer],
  [2, logIn],
]
const DECK: readonly Act[] = WEIGHTS.flatMap(([count, act]) => Array.from({ length: count }, () => act))

/** One who does one thing after the other until the day is over. */
export async function live(day: Day, me: Client): Promise<void> {
  await say(day, me)
  // As many as the server keeps of a device: what grows afterwards is more than that.
  for (let i = 0; i < CONNECTIONS; i++) await attempt(day, () => firstSyncs(day, me))
  while (!day.signal.aborted) await attempt(day, () => day.random.pick(DECK)(day, me))
}

/** And listens meanwhile. */
export async function listen(day: Day, me: Client): Promise<void> {
  let since: string | undefined
  while (!day.signal.aborted)
    await attempt(day, async () => {
      since = (await me.sync({ timeoutMs: POLL_MS, ...(since !== undefined && { since }) })).next_batch
    })
}

async function attempt(day: Day, work: () => Promise<unknown>): Promise<void> {
  await day.rest
  day.active++
  try {
    await work()
  } catch (error) {
    if (day.signal.aborted) return
    day.errors.push(error instanceof MatrixRequestError ? error.message : String((error as Error).stack))
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
  } finally {
    day.active--
  }
}

/** Runs `work` while nobody does anything: what is in memory then is kept, and not under way. */
export async function whileAllRest<T>(day: Day, work: () => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>()
  day.rest = promise
  try {
    while (day.active > 0) await new Promise((go) => setTimeout(go, WAIT_MS))
    return await work()
  } finally {
    day.rest = undefined
    resolve()
  }
}
