import { type Client, MatrixRequestError } from '@ranvier/testkit'
import { expectEqual, type Instance, inParallel, type JobCase, type JobWorld, until } from './world.ts'

const V1 = '/_synapse/admin/v1'
const DELETE = 'delete-media'
const QUARANTINE = 'quarantine-media'
const FILES = 500
let made = 0

/** Uploads files, each of its own content; their ids. */
export function uploadMany(user: Client, count: number): Promise<string[]> {
  return inParallel(count, async () => {
    const uri = await user.upload(`content ${++made}`)
    return uri.slice(uri.lastIndexOf('/') + 1)
  })
}

/** Files the user still has after the deletion, `kept` of them; their contents, and no others, are on the disk. */
async function checkFiles(world: JobWorld, kept: readonly string[]): Promise<string[]> {
  const rows = await world.query('SELECT media_id, sha256 FROM local_media ORDER BY media_id')
  const totals = await world.query(
    `SELECT (SELECT SUM(files) FROM user_media_totals) AS files, (SELECT SUM(bytes) FROM user_media_totals) AS bytes,
       (SELECT COUNT(*) FROM local_media) AS real_files, (SELECT SUM(media_length) FROM local_media) AS real_bytes`,
  )
  const { files, bytes, real_files, real_bytes } = totals[0]!
  const ids = new Set(rows.map((row) => row['media_id']))
  return [
    ...expectEqual(
      'files spared',
      kept.filter((id) => !ids.has(id)),
      [],
    ),
    ...expectEqual('contents', world.contents().length, rows.length),
    ...expectEqual('totals', [Number(files), Number(bytes)], [Number(real_files), Number(real_bytes)]),
    ...expectEqual('removals left', await world.value('SELECT COUNT(*) AS n FROM media_removals'), 0),
  ]
}

/** Begins what is answered only at its end, and waits for nothing but that it is a job. */
async function begin(world: JobWorld, name: string, request: () => Promise<unknown>): Promise<void> {
  const count = () => world.value('SELECT COUNT(*) AS n FROM jobs WHERE name = ?', name)
  const before = await count()
  request().catch((error: unknown) => {
    if (error instanceof MatrixRequestError) console.error(error) // else the connection has gone with the server
  })
  if (!(await until(async () => (await count()) !== before))) throw new Error(`no ${name} has begun`)
}

/** The newest job of this name has done so much, and said so. */
async function checkJob(world: JobWorld, name: string, counted: Record<string, number>): Promise<string[]> {
  const sql = 'SELECT status, progress FROM jobs WHERE name = ? ORDER BY created_ts DESC, id LIMIT 1'
  const [row] = await world.query(sql, name)
  const progress = JSON.parse(String(row!['progress'])) as Record<string, unknown>
  const shown = Object.fromEntries(Object.keys(counted).map((key) => [key, progress[key]]))
  return expectEqual(name, { status: row!['status'], ...shown }, { status: 'complete', ...counted })
}

async function deletion(world: JobWorld, request: (user: Client) => Promise<unknown>): Promise<Instance> {
  const user = world.users[1]!
  const [spared] = await uploadMany(world.users[2]!, 1)
  await world.admin.post(`${V1}/media/protect/${spared}`)
  await uploadMany(user, FILES)
  const left = 'SELECT COUNT(*) AS n FROM media_removals'
  return {
    start: () => begin(world, DELETE, () => request(user)),
    isAtWork: async () => (await world.isAtWork([DELETE])) || (await world.value(left)) !== 0,
    check: async () => [
      ...(await checkFiles(world, [spared!])),
      ...(await checkJob(world, DELETE, { deleted: FILES })),
    ],
  }
}

/** Each of these files has been hidden once, but the first, which is protected. */
async function checkHidden(world: JobWorld, ids: readonly string[]): Promise<string[]> {
  const list = ids.map(() => '?').join(', ')
  const [row] = await world.query(
    `SELECT (SELECT COUNT(*) FROM local_media WHERE media_id IN (${list}) AND quarantined_by IS NOT NULL) AS hidden,
       (SELECT COUNT(*) FROM media_quarantine_changes WHERE media_id IN (${list})) AS changes`,
    ...ids,
    ...ids,
  )
  const hidden = ids.length - 1
  return [
    ...expectEqual('hidden', row, { hidden, changes: hidden }),
    ...(await checkJob(world, QUARANTINE, { quarantined: hidden })),
  ]
}

async function quarantine(world: JobWorld, of: 'user' | 'room', n: number): Promise<Instance> {
  const user = await world.server.register(`hidden-${of}${n}`)
  const ids = await uploadMany(user, FILES)
  await world.admin.post(`${V1}/media/protect/${ids[0]}`)
  const roomId = of === 'room' ? await user.createRoom() : ''
  if (of === 'room')
    await inParallel(FILES, (i) =>
      user.put(`/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/f${i}`, {
        msgtype: 'm.image',
        body: 'a picture',
        url: `mxc://ranvier.test/${ids[i]}`,
      }),
    )
  const path = of === 'room' ? `room/${encodeURIComponent(roomId)}` : `user/${user.userId}`
  return {
    start: () => begin(world, QUARANTINE, () => world.admin.post(`${V1}/${path}/media/quarantine`)),
    check: () => checkHidden(world, ids),
  }
}

export const mediaCases: readonly JobCase[] = [
  {
    name: 'delete media by date and size',
    jobs: [DELETE],
    prepare: (world) =>
      deletion(world, () =>
        world.admin.post(`${V1}/media/delete?before_ts=${Date.now() + 60_000}&size_gt=1`),
      ),
  },
  {
    name: 'delete media of a user',
    jobs: [DELETE],
    prepare: (world) =>
      deletion(world, (user) => world.admin.delete(`${V1}/users/${user.userId}/media?limit=100000`)),
  },
  {
    name: 'quarantine the media of a user',
    jobs: [QUARANTINE],
    prepare: (world, n) => quarantine(world, 'user', n),
  },
  {
    name: 'quarantine the media of a room',
    jobs: [QUARANTINE],
    prepare: (world, n) => quarantine(world, 'room', n),
  },
]
