import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { LocalMedia } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { manualClock } from '../clock.ts'
import { jobRunner } from '../jobs/runner.ts'
import { removeContents } from './delete.ts'
import { MediaFiles } from './media-files.ts'
import { REMOVE_MEDIA_ID, removeMediaJob } from './remove-job.ts'

const file = (mediaId: string, sha256: string): LocalMedia => ({
  mediaId,
  userId: '@a:test' as LocalMedia['userId'],
  mediaType: 'text/plain',
  mediaLength: 1,
  uploadName: null,
  createdTs: 1,
  lastAccessTs: null,
  quarantinedBy: null,
  safeFromQuarantine: false,
  authenticated: true,
  sha256,
  urlCache: null,
})

databaseMatrix((open) => {
  test('what a killed process left on the disk of deleted files is removed, but not what another file has', async () => {
    await using storage = await open()
    const root = mkdtempSync(join(tmpdir(), 'ranvier-remove-'))
    try {
      const clock = manualClock()
      const files = new MediaFiles(root)
      const hashes = Array.from({ length: 130 }, (_, i) => i.toString(16).padStart(64, '0'))
      for (const hash of hashes) {
        await mkdir(dirname(files.contentPath(hash)), { recursive: true })
        await writeFile(files.contentPath(hash), 'x')
      }
      await storage.write(async (tx) => {
        for (const [i, hash] of hashes.entries()) await tx.media.add(file(`m${i}`, hash))
        await tx.media.add(file('same', hashes[5]!))
        await tx.media.delete(hashes.map((_, i) => `m${i}`)) // and then the process is gone
        const params = { params: {}, createdTs: clock.nowMs(), dueTs: clock.nowMs() + 1e9 }
        await tx.jobs.enqueue(REMOVE_MEDIA_ID, { id: REMOVE_MEDIA_ID, ...params })
        await tx.jobs.hurry(REMOVE_MEDIA_ID, clock.nowMs())
      })
      const remove = removeContents({ storage, files, onError: (error) => assert.fail(String(error)) })
      const kinds = [removeMediaJob({ storage, removeContents: remove })]
      await using runner = jobRunner({
        storage,
        clock,
        kinds,
        onError: (error) => assert.fail(String(error)),
      })

      await runner.runUntilIdle()

      assert.deepEqual(
        hashes.filter((hash) => existsSync(files.contentPath(hash))),
        [hashes[5]],
      )
      assert.deepEqual(await storage.read.media.listRemovals(1), [])
      assert.ok((await storage.read.jobs.get(REMOVE_MEDIA_ID)).dueTs > clock.nowMs())
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})
