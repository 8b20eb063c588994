import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStorage, type Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type ManualClock, manualClock } from '../clock.ts'
import { defineJob, dueFirst, JobFailedError, type JobKind } from './define-job.ts'
import { jobRunner } from './runner.ts'

function runnerOn(storage: Storage, clock: ManualClock, ...kinds: JobKind[]) {
  const errors: unknown[] = []
  const runner = jobRunner({ storage, clock, kinds, onError: (error) => errors.push(error) })
  return Object.assign(runner, { errors })
}

const enqueue = (storage: Storage, clock: ManualClock, name: string, more: { id: string; dueTs?: number }) =>
  storage.write((tx) => tx.jobs.enqueue(name, { params: {}, createdTs: clock.nowMs(), ...more }))

/** Counts to `params.to`, a number a step; what it has counted is what it says it has. */
function counting(seen: string[]) {
  return defineJob<{ to: number }, { at: number }>({
    name: 'count',
    step(ctx, params, progress) {
      const at = (progress?.at ?? 0) + 1
      return async (tx) => {
        await tx.jobs.ensure('mark', { id: `${ctx.id}-${at}`, params: {}, createdTs: ctx.nowMs })
        seen.push(`${ctx.id}:${at}`)
        return { progress: { at }, done: at === params.to }
      }
    },
  })
}

databaseMatrix((open) => {
  test('a job runs step after step to its end, and others take turns with it', async () => {
    await using storage = await open()
    const clock = manualClock()
    const seen: string[] = []
    await using runner = runnerOn(storage, clock, counting(seen))
    await storage.write(async (tx) => {
      for (const id of ['a', 'b', 'c'])
        await tx.jobs.enqueue('count', { id, params: { to: 3 }, createdTs: clock.nowMs() })
    })

    await runner.runUntilIdle()

    for (const id of ['a', 'b', 'c']) {
      const job = await storage.read.jobs.get(id)
      assert.equal(job.status, 'complete')
      assert.deepEqual(job.progress, { at: 3 })
    }
    assert.equal(seen.length, 9)
    assert.deepEqual(
      seen.filter((step) => step.startsWith('a')),
      ['a:1', 'a:2', 'a:3'],
    )
  })

  test('a job that requests wait for goes before those that came earlier', async () => {
    await using storage = await open()
    const clock = manualClock()
    const seen: string[] = []
    const usual = counting(seen)
    await using runner = runnerOn(storage, clock, usual, { ...usual, name: 'awaited', isAwaited: true })
    const params = { to: 4 }
    await storage.write(async (tx) => {
      for (let n = 0; n < 20; n++)
        await tx.jobs.enqueue('count', { id: `usual${n}`, params, createdTs: clock.nowMs() })
    })
    clock.advance(1_000)
    const createdTs = clock.nowMs()
    await storage.write((tx) =>
      tx.jobs.enqueue('awaited', { id: 'awaited', params, createdTs, dueTs: dueFirst(createdTs) }),
    )

    await runner.runUntilIdle()

    assert.ok(seen.indexOf('awaited:4') <= 8, seen.slice(0, 20).join()) // one of two places is its own
    assert.equal(seen.length, 84)
  })

  test('a job goes on in another process where the first was killed', async () => {
    const options = await open.options()
    const clock = manualClock()
    const seen: string[] = []
    const { promise: third, resolve: reachedThird } = Promise.withResolvers<void>()
    const killed = await openStorage(options)
    const hanging = defineJob<{ to: number }, { at: number }>({
      name: 'count',
      step(ctx, params, progress) {
        if (progress?.at !== 2) return counting(seen).step(ctx, params, progress) as never
        reachedThird()
        return new Promise(() => {}) // its process is gone before this ends
      },
    })
    await killed.write((tx) =>
      tx.jobs.enqueue('count', { id: 'a', params: { to: 5 }, createdTs: clock.nowMs() }),
    )
    jobRunner({ storage: killed, clock, kinds: [hanging], onError: assert.fail }).start()
    await third

    await using storage = await openStorage(options)
    await using runner = runnerOn(storage, clock, counting(seen))
    await runner.runUntilIdle()
    await killed[Symbol.asyncDispose]()

    assert.deepEqual(seen, ['a:1', 'a:2', 'a:3', 'a:4', 'a:5'])
    assert.equal((await storage.read.jobs.get('a')).status, 'complete')
  })

  test('a step that fails undoes its work, and is tried again later and later', async () => {
    await using storage = await open()
    const clock = manualClock()
    let failures = 3
    const flaky = defineJob<Record<string, never>, number>({
      name: 'flaky',
      step: (ctx, _params, progress) => async (tx) => {
        await tx.jobs.enqueue('mark', { id: `mark-${progress ?? 0}`, params: {}, createdTs: ctx.nowMs })
        if (failures-- > 0) throw new Error('not yet')
        return { progress: 1, done: true }
      },
    })
    await using runner = runnerOn(storage, clock, flaky)
    await enqueue(storage, clock, 'flaky', { id: 'f' })

    for (const waitMs of [1_000, 2_000, 4_000]) {
      await runner.runUntilIdle()
      const job = await storage.read.jobs.get('f')
      assert.equal(job.error, 'not yet')
      assert.equal(job.dueTs, clock.nowMs() + waitMs)
      assert.equal(await storage.read.jobs.find('mark-0'), undefined)
      clock.advance(waitMs)
    }
    await runner.runUntilIdle()

    const job = await storage.read.jobs.get('f')
    assert.deepEqual([job.status, job.error, job.attempts], ['complete', null, 0])
    assert.notEqual(await storage.read.jobs.find('mark-0'), undefined)
    assert.equal(runner.errors.length, 3)
  })

  test('a job that fails too often, or says it is hopeless, ends as failed', async () => {
    await using storage = await open()
    const clock = manualClock()
    const broken = defineJob({
      name: 'broken',
      maxAttempts: 2,
      step() {
        throw new Error('broken')
      },
    })
    const hopeless = defineJob({
      name: 'hopeless',
      step() {
        throw new JobFailedError('the room is gone')
      },
    })
    await using runner = runnerOn(storage, clock, broken, hopeless)
    await enqueue(storage, clock, 'broken', { id: 'b' })
    await enqueue(storage, clock, 'hopeless', { id: 'h' })

    await runner.runUntilIdle()
    const before = await storage.read.jobs.get('b')
    clock.advance(10_000)
    await runner.runUntilIdle()

    assert.equal(before.status, 'active')
    assert.equal((await storage.read.jobs.get('b')).status, 'failed')
    const job = await storage.read.jobs.get('h')
    assert.deepEqual([job.status, job.error], ['failed', 'the room is gone'])
  })

  test('a started runner runs what is enqueued, and what becomes due, without being asked', async () => {
    await using storage = await open()
    const clock = manualClock()
    const ran = new Map<string, () => void>()
    const until = (id: string) => new Promise<void>((resolve) => ran.set(id, resolve))
    const note = defineJob<Record<string, never>, null>({
      name: 'note',
      step: (ctx) => () => {
        ran.get(ctx.id)!()
        return Promise.resolve({ progress: null, done: true })
      },
    })
    await using runner = runnerOn(storage, clock, note)
    runner.start()

    const [now, later] = [until('now'), until('later')]
    await enqueue(storage, clock, 'note', { id: 'later', dueTs: clock.nowMs() + 60_000 })
    await enqueue(storage, clock, 'note', { id: 'now' })
    await now
    // The timer is set once the runner has looked and found nothing due.
    await runner.runUntilIdle()
    assert.equal((await storage.read.jobs.get('later')).status, 'scheduled')
    clock.advance(60_000)
    await later
  })

  test('a step may put off the next one', async () => {
    await using storage = await open()
    const clock = manualClock()
    let runs = 0
    const daily = defineJob<Record<string, never>, null>({
      name: 'daily',
      step: (ctx) => {
        runs++
        return { progress: null, dueTs: ctx.nowMs + 86_400_000 }
      },
    })
    await using runner = runnerOn(storage, clock, daily)
    await enqueue(storage, clock, 'daily', { id: 'd' })

    await runner.runUntilIdle()
    await runner.runUntilIdle()
    assert.equal(runs, 1)
    clock.advance(86_400_000)
    await runner.runUntilIdle()
    assert.equal(runs, 2)
  })

  test('a job cancelled during a step loses that step, and is not run again', async () => {
    await using storage = await open()
    const clock = manualClock()
    const cancelled = defineJob<Record<string, never>, number>({
      name: 'long',
      async step(ctx) {
        await storage.write((tx) => tx.jobs.cancel(ctx.id, ctx.nowMs))
        return async (tx) => {
          await tx.jobs.enqueue('mark', { id: 'mark', params: {}, createdTs: ctx.nowMs })
          return { progress: 1 }
        }
      },
    })
    await using runner = runnerOn(storage, clock, cancelled)
    await enqueue(storage, clock, 'long', { id: 'l' })

    await runner.runUntilIdle()

    const job = await storage.read.jobs.get('l')
    assert.deepEqual([job.status, job.progress], ['cancelled', null])
    assert.equal(await storage.read.jobs.find('mark'), undefined)
    assert.deepEqual(runner.errors, [])
  })

  test('jobs of a kind this release does not know wait for one that does', async () => {
    await using storage = await open()
    const clock = manualClock()
    await using runner = runnerOn(storage, clock, counting([]))
    await enqueue(storage, clock, 'from-the-future', { id: 'x' })

    await runner.runUntilIdle()

    assert.equal((await storage.read.jobs.get('x')).status, 'scheduled')
  })
})
