import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ConflictError, NotFoundError, UnstorableTextError } from '../../errors.ts'
import type { Fact } from '../../streams.ts'

databaseMatrix((open) => {
  test('a job is kept as it was enqueued, and announced', async () => {
    await using storage = await open()
    const heard: Fact[] = []
    storage.subscribe((facts) => heard.push(...facts))

    const id = await storage.write((tx) =>
      tx.jobs.enqueue('purge', { subject: '!r:x', params: { before: 5, ключ: ['ä'] }, createdTs: 100 }),
    )

    assert.deepEqual(await storage.read.jobs.get(id), {
      id,
      name: 'purge',
      subject: '!r:x',
      params: { before: 5, ключ: ['ä'] },
      status: 'scheduled',
      progress: null,
      error: null,
      createdTs: 100,
      updatedTs: 100,
      dueTs: 100,
      attempts: 0,
      auditId: null,
      position: 1,
    })
    assert.deepEqual(heard, [{ stream: 'jobs', position: 1, key: id, change: 'enqueued' }])
    await assert.rejects(storage.read.jobs.get('none'), NotFoundError)
  })

  test('a job about text with U+0000, which nothing can be found by, is refused', async () => {
    await using storage = await open()
    const job = { params: { rooms: ['!r:x', '!a\0:x'] }, createdTs: 1 }

    await assert.rejects(
      storage.write((tx) => tx.jobs.enqueue('redact', job)),
      UnstorableTextError,
    )
  })

  test('an id is taken once; ensure leaves the job that has it alone', async () => {
    await using storage = await open()
    const job = { id: 'daily', params: {}, createdTs: 1 }
    await storage.write((tx) => tx.jobs.enqueue('clean', job))

    await assert.rejects(
      storage.write((tx) => tx.jobs.enqueue('clean', job)),
      ConflictError,
    )
    await storage.write((tx) => tx.jobs.ensure('clean', { ...job, createdTs: 2 }))

    assert.equal((await storage.read.jobs.get('daily')).createdTs, 1)
    assert.equal((await storage.positions()).jobs, 1)
  })

  test('the job due longest comes first, and only of the names and ids asked for', async () => {
    await using storage = await open()
    const { jobs } = storage.read
    await storage.write(async (tx) => {
      await tx.jobs.enqueue('a', { id: 'late', params: {}, createdTs: 0, dueTs: 30 })
      await tx.jobs.enqueue('a', { id: 'early', params: {}, createdTs: 0, dueTs: 10 })
      await tx.jobs.enqueue('b', { id: 'other', params: {}, createdTs: 0, dueTs: 5 })
    })

    assert.equal((await jobs.findDue(['a', 'b'], [], 20))?.id, 'other')
    assert.equal((await jobs.findDue(['a'], [], 20))?.id, 'early')
    assert.equal(await jobs.findDue(['a'], ['early'], 20), undefined)
    assert.equal((await jobs.findDue(['a'], ['early'], 30))?.id, 'late')
    assert.equal(await jobs.nextDueTs(['a'], ['early']), 30)
    assert.equal(await jobs.nextDueTs(['c'], []), undefined)
  })

  test('set back, the clock holds up what was to wait, not what was to begin at once', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.jobs.enqueue('later', { id: 'later', params: {}, createdTs: 5_000, dueTs: 6_000 })
      await tx.jobs.enqueue('at once', { id: 'at once', params: {}, createdTs: 5_000 })
    })

    const due = await storage.read.jobs.findDue(['later', 'at once'], [], 1_000)

    assert.equal(due?.id, 'at once')
    assert.equal(await storage.read.jobs.findDue(['later'], [], 1_000), undefined)
  })

  test('an ended job is not due, not live, and cannot be changed', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      for (const id of ['done', 'failed', 'cancelled'])
        await tx.jobs.enqueue('a', { id, subject: '@u:x', params: {}, createdTs: 0 })
      await tx.jobs.finish('done', { count: 3 }, 7)
      await tx.jobs.fail('failed', 'no room', 7)
      await tx.jobs.cancel('cancelled', 7)
    })

    assert.equal(await storage.read.jobs.findDue(['a'], [], 100), undefined)
    assert.equal(await storage.read.jobs.findLive('a', '@u:x'), undefined)
    const changes = await storage.write(async (tx) => [
      await tx.jobs.saveProgress('cancelled', 1, { dueTs: 8, nowMs: 8 }),
      await tx.jobs.finish('failed', 1, 8),
      await tx.jobs.cancel('done', 8),
    ])
    assert.deepEqual(changes, [false, false, false])
    const ended = await storage.read.jobs.list({}, 10)
    assert.deepEqual(
      ended.map(({ id, status, progress, error }) => ({ id, status, progress, error })),
      [
        { id: 'cancelled', status: 'cancelled', progress: null, error: null },
        { id: 'done', status: 'complete', progress: { count: 3 }, error: null },
        { id: 'failed', status: 'failed', progress: null, error: 'no room' },
      ],
    )
  })

  test('lists are filtered by name, subject, status and time', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.jobs.enqueue('a', { id: '1', subject: 's', params: {}, createdTs: 10 })
      await tx.jobs.enqueue('a', { id: '2', subject: 't', params: {}, createdTs: 20 })
      await tx.jobs.enqueue('b', { id: '3', subject: 's', params: {}, createdTs: 30 })
      await tx.jobs.saveProgress('3', {}, { dueTs: 40, nowMs: 40 })
    })
    const ids = async (filter: Parameters<typeof storage.read.jobs.list>[0], limit = 10) =>
      (await storage.read.jobs.list(filter, limit)).map((job) => job.id)

    assert.deepEqual(await ids({}), ['1', '2', '3'])
    assert.deepEqual(await ids({}, 2), ['1', '2'])
    assert.deepEqual(await ids({ name: 'a' }), ['1', '2'])
    assert.deepEqual(await ids({ subject: 's' }), ['1', '3'])
    assert.deepEqual(await ids({ statuses: ['active', 'failed'] }), ['3'])
    assert.deepEqual(await ids({ maxDueTs: 20, name: 'a', subject: 't', statuses: ['scheduled'] }), ['2'])
    assert.equal((await storage.read.jobs.findLive('b', 's'))?.id, '3')
  })

  test('ended jobs are forgotten after their time, live ones never', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      for (const id of ['old', 'young', 'live']) await tx.jobs.enqueue('a', { id, params: {}, createdTs: 0 })
      await tx.jobs.finish('old', null, 10)
      await tx.jobs.finish('young', null, 20)
    })

    assert.equal(await storage.write((tx) => tx.jobs.deleteEnded(20, 100)), 1)

    assert.deepEqual((await storage.read.jobs.list({}, 10)).map((job) => job.id).sort(), ['live', 'young'])
  })
})
