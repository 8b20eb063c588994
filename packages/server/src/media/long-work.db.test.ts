import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { LocalMedia, Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { manualClock } from '../clock.ts'
import { jobRunner } from '../jobs/runner.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../rate-limit.ts'
import { DELETE_MEDIA } from './delete-job.ts'
import { createMedia, type Media } from './media.ts'
import { MediaFiles } from './media-files.ts'
import { QUARANTINE_MEDIA } from './quarantine-job.ts'

const alice = '@alice:test' as UserId
const root = '@root:test' as UserId
const MANY = 250
const anHour = 3_600_000

databaseMatrix((open) => {
  test('a deletion nobody waits for any more goes on where it was killed, and leaves nothing', async () => {
    await using world = await mediaWorld(await open())
    const ids = await world.add(alice, MANY)
    const [spared] = await world.add('@bob:test', 1)
    const gone = new AbortController()
    const page = { from: 0, limit: 1_000, orderBy: 'created_ts', dir: 'f' } as const
    const asked = world.media.deletions.ofUser(alice, page, gone.signal)
    const [job] = await world.begun(DELETE_MEDIA)
    gone.abort()
    await assert.rejects(asked, { status: 503 })

    // The first process is killed when the rows of its first step are gone, and the disk has not followed.
    await world.killedInStep(job!.id)
    assert.equal(await world.count(), MANY - 100 + 1)
    const after = await world.restarted()
    await after.run()

    const ended = await world.storage.read.jobs.get(job!.id)
    assert.equal(ended.status, 'complete')
    assert.deepEqual(ended.progress, { deleted: MANY, bytes: MANY * 10, after: null, skipped: 0 })
    assert.equal(await world.count(), 1)
    assert.deepEqual(await world.storage.read.media.listRemovals(1), [])
    assert.deepEqual(ids.filter(world.isOnDisk), [])
    assert.ok(world.isOnDisk(spared!))
  })

  test('a deletion answers with all it has deleted, in its order, but for what was uploaded meanwhile', async () => {
    await using world = await mediaWorld(await open())
    const ids = await world.add(alice, MANY)
    const page = { from: 0, limit: 210, orderBy: 'created_ts', dir: 'b' } as const
    const asked = world.media.deletions.ofUser(alice, page, new AbortController().signal)
    await world.begun(DELETE_MEDIA)
    const late = await world.add(alice, 3)
    await world.run()

    assert.deepEqual(await asked, [...ids].reverse().slice(0, 210))
    assert.deepEqual(
      late.filter((id) => !world.isOnDisk(id)),
      [],
    )
  })

  test('files nobody has used for long go, a batch at a time, but for pictures and what was used since', async () => {
    await using world = await mediaWorld(await open())
    const ids = await world.add(alice, MANY)
    const [face, used] = [ids[120]!, ids[200]!]
    await world.storage.write(async (tx) => {
      await tx.accounts.create({ userId: alice, createdTs: 1, passwordHash: null })
      await tx.accounts.update(alice, { avatarUrl: `mxc://test/${face}` })
    })
    world.clock.advance(2 * anHour)
    await world.storage.write((tx) => tx.media.touch(used, world.clock.nowMs()))
    const which = { beforeTs: world.clock.nowMs() - anHour, sizeGt: 9 }
    const { signal } = new AbortController()

    const first = world.media.deletions.unused({ ...which, keepProfiles: true }, signal)
    await world.begun(DELETE_MEDIA)
    await world.run()
    assert.deepEqual(
      await first,
      ids.filter((id) => id !== face && id !== used),
    )
    const second = world.media.deletions.unused({ ...which, keepProfiles: false }, signal)
    await world.begun(DELETE_MEDIA)
    await world.run()
    assert.deepEqual(await second, [face])
    assert.deepEqual(ids.filter(world.isOnDisk), [used])
    const larger = world.media.deletions.unused({ ...which, sizeGt: 10, keepProfiles: false }, signal)
    await world.begun(DELETE_MEDIA)
    await world.run()
    assert.deepEqual(await larger, [])
  })

  test('all files of a user are hidden, also when the process is killed in between', async () => {
    await using world = await mediaWorld(await open())
    const ids = await world.add(alice, MANY)
    await world.storage.write((tx) => tx.media.setProtected(ids[7]!, true))
    const gone = new AbortController()
    const asked = world.media.quarantines.ofUser(root, alice, gone.signal)
    const [job] = await world.begun(QUARANTINE_MEDIA)
    gone.abort()
    await assert.rejects(asked, { status: 503 })

    await world.killedInStep(job!.id)
    const after = await world.restarted()
    await after.run()

    const ended = await world.storage.read.jobs.get(job!.id)
    assert.deepEqual([ended.status, ended.subject], ['complete', alice])
    assert.deepEqual(ended.progress, { quarantined: MANY - 1, upTo: null })
    for (const id of ids)
      assert.equal((await world.storage.read.media.find(id))?.quarantinedBy, id === ids[7] ? null : root)
    assert.equal((await world.storage.read.media.quarantineChanges(0, 1_000)).length, MANY - 1)
  })

  test('a deletion that fails for good is an error for who waits', async () => {
    await using world = await mediaWorld(await open())
    await world.add(alice, 1)
    const page = { from: 0, limit: 10, orderBy: 'created_ts', dir: 'f' } as const
    const asked = world.media.deletions.ofUser(alice, page, new AbortController().signal)
    const [job] = await world.begun(DELETE_MEDIA)

    await world.storage.write((tx) => tx.jobs.cancel(job!.id, world.clock.nowMs()))

    await assert.rejects(asked, /cancelled/)
  })
})

/** Files with a content of ten bytes each on a disk, and the jobs about them, which run when a test says so. */
async function mediaWorld(storage: Storage) {
  const storePath = mkdtempSync(join(tmpdir(), 'ranvier-long-media-'))
  const clock = manualClock()
  const files = new MediaFiles(storePath)
  const hashOf = (mediaId: string) => mediaId.slice(1).padStart(64, '0')
  const onError = (error: unknown) => assert.fail(String(error))
  const media = mediaOn(storage, { clock, storePath, onError })
  let made = 0

  async function run(kinds = media.jobs) {
    await using runner = jobRunner({ storage, clock, kinds, onError })
    await runner.runUntilIdle()
  }

  return {
    storage,
    clock,
    media,
    run,
    /** The ids of so many new files, each a millisecond younger than the one before. */
    async add(userId: string, count: number): Promise<string[]> {
      const ids = Array.from({ length: count }, () => `m${String(++made).padStart(6, '0')}`)
      for (const id of ids) {
        await mkdir(dirname(files.contentPath(hashOf(id))), { recursive: true })
        await writeFile(files.contentPath(hashOf(id)), 'ten bytes.')
      }
      await storage.write(async (tx) => {
        for (const id of ids) {
          clock.advance(1)
          await tx.media.add(fileOf(id, userId as UserId, hashOf(id), clock.nowMs()))
        }
      })
      return ids
    },
    isOnDisk: (mediaId: string) => existsSync(files.contentPath(hashOf(mediaId))),
    async count(): Promise<number> {
      return (
        (await storage.read.media.totalsOf(alice)).files +
        (await storage.read.media.totalsOf('@bob:test')).files
      )
    },
    /** Resolves with the jobs of a kind that are to do, once there is one. */
    async begun(name: string) {
      for (;;) {
        const jobs = await storage.read.jobs.list({ name, statuses: ['scheduled'] }, 2)
        if (jobs.length > 0) return jobs
        await new Promise(setImmediate)
      }
    },
    /** Does one step of a job, up to its commit and no further: as a process that is killed then. */
    async killedInStep(jobId: string): Promise<void> {
      const job = await storage.read.jobs.get(jobId)
      const kind = media.jobs.find(({ name }) => name === job.name)!
      const { signal } = new AbortController()
      const context = {
        id: jobId,
        subject: job.subject,
        nowMs: clock.nowMs(),
        signal,
        batch: (most: number) => most,
      }
      const step = await kind.step(context, job.params, job.progress)
      await storage.write(async (tx) => {
        const { progress } = typeof step === 'function' ? await step(tx) : step
        const nowMs = clock.nowMs()
        await tx.jobs.saveProgress(jobId, progress, { dueTs: nowMs, nowMs })
      })
    },
    /** The verbs and jobs of another process, which begins as a server does. */
    async restarted() {
      const after = mediaOn(storage, { clock, storePath, onError })
      const remove = { params: {}, createdTs: clock.nowMs() }
      await storage.write((tx) => tx.jobs.ensure('remove-media', { id: 'remove-media', ...remove }))
      return { run: () => run(after.jobs) }
    },
    async [Symbol.asyncDispose]() {
      await media[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      rmSync(storePath, { recursive: true })
    },
  }
}

function mediaOn(
  storage: Storage,
  {
    clock,
    storePath,
    onError,
  }: { clock: ReturnType<typeof manualClock>; storePath: string; onError: (error: unknown) => void },
): Media {
  const settings = {
    serverName: 'test' as ServerName,
    enabled: true,
    authenticatedMedia: true,
    storePath,
    maxUploadBytes: 1e6,
    maxImagePixels: 1e6,
    maxPendingUploads: 5,
    unusedExpirationMs: 1e6,
  }
  return createMedia({
    storage,
    clock,
    settings,
    rateLimits: createRateLimits(DEFAULT_RATE_LIMITS, { clock }),
    onError,
  })
}

const fileOf = (mediaId: string, userId: UserId, sha256: string, createdTs: number): LocalMedia => ({
  mediaId,
  userId,
  mediaType: 'text/plain',
  mediaLength: 10,
  uploadName: null,
  createdTs,
  lastAccessTs: null,
  quarantinedBy: null,
  safeFromQuarantine: false,
  authenticated: true,
  sha256,
  urlCache: null,
})
