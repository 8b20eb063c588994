import { type Client, MatrixRequestError } from '@ranvier/testkit'
import { expectEqual, inParallel, type JobWorld } from './jobs/world.ts'
import { isWhole } from './stored.ts'
import { onceDone, type Workload } from './workload.ts'

const V1 = '/_synapse/admin/v1'
const ANNOUNCED_EVERY = 3
const DELETED_EVERY = 4
const EMPTIED_EVERY = 25
const MAX_REPEATS = 3_000

/** A file the server has said it has. */
export interface PromisedFile {
  readonly uri: string
  readonly userId: string
  readonly text: string
  /** `going`: its deletion was asked for, and may or may not have happened. */
  state: 'kept' | 'going' | 'gone'
}

/** People who upload files without pause, while an administrator deletes some of them: one, or all a user has. */
export class Files {
  readonly promised: PromisedFile[] = []
  readonly #workload: Workload
  readonly #admin: Client
  #unique = 0

  constructor(workload: Workload, admin: Client) {
    this.#workload = workload
    this.#admin = admin
  }

  start(users: readonly Client[]): void {
    for (const user of users) this.#workload.add(this.#work(user))
  }

  async #work(user: Client): Promise<void> {
    for (let n = 1; await this.#workload.goesOn(); n++) {
      await this.#upload(user, n % ANNOUNCED_EVERY === 0)
      if (n % EMPTIED_EVERY === 0)
        await this.#delete(
          this.promised.filter(({ userId, state }) => userId === user.userId && state === 'kept'),
          () => this.#admin.delete(`${V1}/users/${encodeURIComponent(user.userId)}/media?limit=1000`),
        )
      else if (n % DELETED_EVERY === 0) {
        const file = this.promised.findLast(({ userId, state }) => userId === user.userId && state === 'kept')
        if (file === undefined) continue
        const request = () => this.#admin.delete(`${V1}/media/${file.uri.slice('mxc://'.length)}`)
        await this.#delete([file], onceDone(request, 'M_NOT_FOUND'))
      }
    }
  }

  async #upload(user: Client, isAnnounced: boolean): Promise<void> {
    const text = `${user.userId} ${++this.#unique} `.repeat(1 + ((this.#unique * 97) % MAX_REPEATS))
    const uri = await this.#workload.insist(async () => {
      if (!isAnnounced) return user.upload(text)
      return (await user.post<{ content_uri: string }>('/_matrix/media/v1/create')).content_uri
    })
    if (uri === undefined) return
    if (isAnnounced) {
      const bring = onceDone(() => user.uploadTo(uri, text), 'M_CANNOT_OVERWRITE_MEDIA')
      if ((await this.#workload.insist(bring)) === undefined) return
    }
    this.promised.push({ uri, userId: user.userId, text, state: 'kept' })
  }

  async #delete(files: readonly PromisedFile[], request: () => Promise<unknown>): Promise<void> {
    for (const file of files) file.state = 'going'
    if ((await this.#workload.insist(request)) !== undefined) for (const file of files) file.state = 'gone'
  }
}

/** Every kept file is there byte for byte, every deleted one is nowhere, and what may be either is whole or gone. */
export async function findWrongFiles(reader: Client, files: readonly PromisedFile[]): Promise<string[]> {
  const problems = await inParallel(files.length, async (i) => {
    const { uri, text, state } = files[i]!
    const found = await reader.download(uri).catch((error: unknown) => error as Error)
    // It may have been deleted while it was looked for.
    if (found === text)
      return files[i]!.state === 'gone' && state === 'gone' ? [`${uri} was deleted, and is there`] : []
    if (!(found instanceof Error)) return [`${uri} is not what was uploaded`]
    const isGone = found instanceof MatrixRequestError && found.status === 404
    return isGone && files[i]!.state !== 'kept' ? [] : [`${uri}: ${found.message}`]
  })
  return problems.flat()
}

/**
 * To be asked when nobody uploads or deletes any more: each row has its content, each content a row but those of uploads that
 * were cut off, of which there are `cutOff` at most; totals are right, and no deletion is left half-done.
 */
export async function checkMediaStore(world: JobWorld, cutOff: number): Promise<string[]> {
  const rows = await world.query('SELECT media_id, sha256 FROM local_media')
  const damaged = rows.filter(({ sha256 }) => !isWhole(world, String(sha256)))
  const hashes = new Set(rows.map(({ sha256 }) => sha256))
  const surplus = world.contents().length - hashes.size
  const [totals] = await world.query(
    `SELECT (SELECT SUM(files) FROM user_media_totals) AS files, (SELECT SUM(bytes) FROM user_media_totals) AS bytes,
       (SELECT COUNT(*) FROM local_media) AS real_files, (SELECT SUM(media_length) FROM local_media) AS real_bytes`,
  )
  const { files, bytes, real_files, real_bytes } = totals!
  return [
    ...expectEqual(
      'rows without their content',
      damaged.map((row) => row['media_id']),
      [],
    ),
    ...(surplus < 0 || surplus > cutOff
      ? [`${surplus} contents without a row, of ${cutOff} uploads cut off`]
      : []),
    ...expectEqual('totals', [Number(files), Number(bytes)], [Number(real_files), Number(real_bytes)]),
    ...expectEqual('removals left', await world.value('SELECT COUNT(*) AS n FROM media_removals'), 0),
  ]
}
