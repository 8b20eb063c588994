import type { Client } from '@ranvier/testkit'
import { expectEqual, type Instance, inParallel, type JobCase, type JobWorld } from './world.ts'

const V1 = '/_synapse/admin/v1'
const FILES = 500
let made = 0

/** Uploads files, each of its own content; their ids. */
export function uploadMany(user: Client, count: number): Promise<string[]> {
  return inParallel(count, async () => {
    const answer = await fetch(`${user.url}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': 'text/plain' },
      body: `content ${++made}`,
    })
    const { content_uri: uri } = (await answer.json()) as { content_uri: string }
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

async function deletion(world: JobWorld, request: (user: Client) => Promise<unknown>): Promise<Instance> {
  const user = world.users[1]!
  const [spared] = await uploadMany(world.users[2]!, 1)
  await world.admin.post(`${V1}/media/protect/${spared}`)
  await uploadMany(user, FILES)
  const left = `SELECT (SELECT COUNT(*) FROM local_media WHERE user_id = ?) + (SELECT COUNT(*) FROM media_removals) AS n`
  return {
    start: () => request(user),
    isAtWork: async () => (await world.value(left, user.userId)) !== 0,
    check: () => checkFiles(world, [spared!]),
  }
}

export const mediaCases: readonly JobCase[] = [
  {
    name: 'delete media by date and size',
    jobs: ['remove-media'],
    isRequest: true,
    prepare: (world) =>
      deletion(world, () =>
        world.admin.post(`${V1}/media/delete?before_ts=${Date.now() + 60_000}&size_gt=1`),
      ),
  },
  {
    name: 'delete media of a user',
    jobs: ['remove-media'],
    isRequest: true,
    prepare: (world) =>
      deletion(world, (user) => world.admin.delete(`${V1}/users/${user.userId}/media?limit=100000`)),
  },
]
