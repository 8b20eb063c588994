import assert from 'node:assert/strict'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { jobRunner } from '../../../jobs/runner.ts'
import { SWEEP_MEDIA_ID } from '../../../media/sweep-job.ts'
import { type MediaTestServer, mediaTestServer } from './test-server.ts'

const A_DAY_MS = 24 * 3_600_000
const ORPHAN = 'ab'.repeat(32)

function place(server: MediaTestServer, path: string, ageMs = 0): string {
  const full = join(server.storePath, path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, 'rubbish')
  const seconds = (server.clock.nowMs() - ageMs) / 1000
  utimesSync(full, seconds, seconds)
  return path
}

async function runner(server: MediaTestServer) {
  const { storage, clock, media, errors } = server
  const runner = jobRunner({
    storage,
    clock,
    kinds: media.jobs,
    onError: (error) => void errors.push(error),
  })
  await storage.write((tx) =>
    tx.jobs.ensure(SWEEP_MEDIA_ID, { id: SWEEP_MEDIA_ID, params: {}, createdTs: clock.nowMs() }),
  )
  return runner
}

test('the daily sweep sets orphans aside, removes them a week later, and touches nothing else', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload('wanted')
  const wanted = server.listFiles()
  place(server, `content/ab/${ORPHAN.slice(2)}`)
  place(server, `thumbnails/ab/${ORPHAN.slice(2)}/32x32-crop.png`)
  const strange = place(server, 'content/ab/README')
  place(server, 'incoming/left-by-a-crash', 2 * 3_600_000)
  const arriving = place(server, 'incoming/just-begun')
  await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  await using jobs = await runner(server)

  await jobs.runUntilIdle()

  const aside = `orphans/${ORPHAN}`
  assert.deepEqual(server.listFiles(), [...wanted, strange, arriving, aside].sort())
  assert.equal((await server.download(mediaId)).status, 200)

  server.clock.advance(A_DAY_MS)
  await jobs.runUntilIdle()

  assert.deepEqual(server.listFiles(), [...wanted, strange, aside].sort())
  const pending = await server.storage.read.mediaReservations.pendingOf('@alice:test', 0)
  assert.equal(pending.count, 0)

  server.clock.advance(7 * A_DAY_MS)
  await jobs.runUntilIdle()

  assert.deepEqual(server.listFiles(), [...wanted, strange].sort())
  assert.equal((await server.storage.read.jobs.get(SWEEP_MEDIA_ID)).status, 'active')
  assert.deepEqual(server.errors, [])
})

test('a store that is not there yet is swept without complaint', async () => {
  await using server = await mediaTestServer()
  await using jobs = await runner(server)

  await jobs.runUntilIdle()

  assert.equal((await server.storage.read.jobs.get(SWEEP_MEDIA_ID)).error, null)
  assert.equal(existsSync(server.storePath), false)
})
