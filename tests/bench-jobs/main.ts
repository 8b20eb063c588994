/** `npm run bench:jobs [-- OPTIONS]`: what other requests feel of the long work of administrators. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Client, type Ranvier, startPostgres, startRanvier } from '@ranvier/testkit'
import { closeConnections } from '../bench/call.ts'
import { askAgain, fillMembers, largeAnswers } from './crowd.ts'
import { fillMedia, fillRoom } from './fill.ts'
import { type Latencies, Probe } from './probe.ts'

const HELP = `Measures how long ordinary requests take while a room is deleted, its history is purged, and files are deleted, and
while somebody asks again and again for all members of a large room, beside the same requests while nothing else is done.
The budget is a p99 under 50 ms.

Usage: npm run bench:jobs [-- OPTIONS]

  --events N         in the rooms (default 100000)
  --files N          to delete (default 5000)
  --members N        of the large room (default 50000)
  --only TEXT        only work whose name holds this
  --database NAME    sqlite, postgres or both (default both)
  --idle-seconds N   how long to measure with nothing else done, and each large answer (default 10)
  --help             this text`

const ADMIN = '/_synapse/admin'
const POLL_MS = 200

interface Prepared {
  server: Ranvier
  admin: Client
  doomed: string
  aged: string
  other: string
  crowded: string
}

interface Sizes {
  events: number
  files: number
  members: number
}

async function prepare(
  database: 'sqlite' | 'postgres',
  { events, files, members }: Sizes,
): Promise<Prepared> {
  const server = await startRanvier({ database, configOverrides: { log_level: 'warn' } })
  const admin = await server.registerAdmin()
  const [doomed, aged, other] = [await admin.createRoom(), await admin.createRoom(), await admin.createRoom()]
  for (const roomId of [doomed, aged, other]) await admin.send(roomId, 'the first')
  const crowded = await admin.createRoom({ preset: 'public_chat' })
  await server.stop()
  await fillMembers(server, crowded, members)
  await fillRoom(server.storageOptions, doomed, events)
  await fillRoom(server.storageOptions, aged, events)
  await fillMedia(server.storageOptions, join(server.folder, 'media_store'), admin.userId, files)
  await server.restart()
  return { server, admin, doomed, aged, other, crowded }
}

/** Each starts some work and resolves when it has ended; what there was to do. */
const WORK: Record<string, (on: Prepared) => Promise<string>> = {
  'room deletion': async ({ admin, doomed }) => {
    const { delete_id } = await admin.delete<{ delete_id: string }>(
      `${ADMIN}/v2/rooms/${encodeURIComponent(doomed)}`,
      {},
    )
    return untilEnded(admin, `${ADMIN}/v2/rooms/delete_status/${delete_id}`)
  },
  'history purge': async ({ admin, aged }) => {
    const { purge_id } = await admin.post<{ purge_id: string }>(
      `${ADMIN}/v1/purge_history/${encodeURIComponent(aged)}`,
      { purge_up_to_ts: Date.now(), delete_local_events: true },
    )
    return untilEnded(admin, `${ADMIN}/v1/purge_history_status/${purge_id}`)
  },
  'media deletion': async ({ admin }) => {
    const before = 1_700_000_000_000
    const { total } = await admin.post<{ total: number }>(`${ADMIN}/v1/media/delete?before_ts=${before}`, {})
    return `${total} files`
  },
}

async function untilEnded(admin: Client, path: string): Promise<string> {
  for (;;) {
    const { status } = await admin.get<{ status: string }>(path)
    if (status === 'complete' || status === 'failed') return status
    await wait(POLL_MS)
  }
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    files: { type: 'string', default: '5000' },
    members: { type: 'string', default: '50000' },
    only: { type: 'string', default: '' },
    database: { type: 'string', default: 'both' },
    'idle-seconds': { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})
const databases = { sqlite: ['sqlite'], postgres: ['postgres'], both: ['sqlite', 'postgres'] }[
  values.database
]

function show(database: string, what: string, ended: string, seconds: number, latencies: Latencies) {
  return {
    database,
    'while there is': what,
    ended,
    seconds: seconds.toFixed(1),
    requests: latencies.requests,
    'p50 ms': latencies.p50Ms.toFixed(1),
    'p99 ms': latencies.p99Ms.toFixed(1),
    'max ms': latencies.maxMs.toFixed(0),
  }
}

if (values.help || databases === undefined) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  stack.defer(closeConnections)
  if (databases.includes('postgres') && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  const rows: ReturnType<typeof show>[] = []
  for (const database of databases as ('sqlite' | 'postgres')[]) {
    const prepared = await prepare(database, {
      events: Number(values.events),
      files: Number(values.files),
      members: Number(values.members),
    })
    stack.use(prepared.server)
    const measure = async (what: string, work: () => Promise<string>) => {
      const probe = new Probe(prepared.server, prepared.admin, prepared.other)
      probe.start()
      const began = performance.now()
      const ended = await work()
      const seconds = (performance.now() - began) / 1000
      rows.push(show(database, what, ended, seconds, await probe.stop()))
      console.log(rows.at(-1))
    }
    const seconds = Number(values['idle-seconds'])
    const nothing = () => wait(seconds * 1000).then(() => '')
    const work = { ...WORK }
    for (const [what, path] of Object.entries(largeAnswers(prepared.crowded)))
      work[what] = ({ admin }) => askAgain(admin, path, seconds)
    await measure('nothing (warming up)', nothing)
    await measure('nothing', nothing)
    for (const [what, run] of Object.entries(work))
      if (what.includes(values.only)) await measure(what, () => run(prepared))
    await measure('nothing again', nothing)
  }
  console.table(rows)
}
