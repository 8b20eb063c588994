import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { manualClock } from '../clock.ts'
import { forgetEndedJob } from './forget-ended-job.ts'
import { jobRunner } from './runner.ts'

const DAY_MS = 24 * 3_600_000

databaseMatrix((open) => {
  test('jobs are forgotten a week after they ended, not those still to do', async () => {
    await using storage = await open()
    const clock = manualClock()
    const job = forgetEndedJob()
    await using runner = jobRunner({
      storage,
      clock,
      kinds: [job],
      onError: (error) => assert.fail(String(error)),
    })
    await storage.write(async (tx) => {
      for (const id of ['ended', 'later', 'open'])
        await tx.jobs.enqueue('x', { id, params: {}, createdTs: clock.nowMs() })
      await tx.jobs.enqueue(job.name, { id: 'forget', params: {}, createdTs: clock.nowMs() })
      await tx.jobs.finish('ended', null, clock.nowMs())
    })
    const left = async () => {
      const jobs = await Promise.all(['ended', 'later', 'open'].map((id) => storage.read.jobs.find(id)))
      return jobs.flatMap((each) => each?.id ?? [])
    }

    await runner.runUntilIdle()
    assert.deepEqual(await left(), ['ended', 'later', 'open'])
    clock.advance(3 * DAY_MS)
    await storage.write((tx) => tx.jobs.finish('later', null, clock.nowMs()))
    clock.advance(4 * DAY_MS + 1)
    await runner.runUntilIdle()
    assert.deepEqual(await left(), ['later', 'open'])
  })
})
