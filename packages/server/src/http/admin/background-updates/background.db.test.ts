import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const UPDATES = `${V1}/background_updates`

databaseMatrix((open) => {
  test('background updates are started, paused, watched, and do their work', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const bob = await server.person('bob')
    const room = await server.createRoom(bob)
    const get = (path: string) => server.ok('GET', `${UPDATES}/${path}`, { token })
    const post = (path: string, body: object) => server.call('POST', `${UPDATES}/${path}`, { token, body })
    assert.deepEqual(await get('status'), { enabled: true, current_updates: {} })
    assert.deepEqual((await post('enabled', { enabled: false })).body, { enabled: false })
    assert.deepEqual(await get('enabled'), { enabled: false })
    const numbers = (joined: number) =>
      storage.write((tx) => tx.db.run('UPDATE rooms SET joined_count = ? WHERE room_id = ?', joined, room))
    await numbers(7)

    for (const job_name of ['populate_stats_process_rooms', 'regenerate_directory'])
      assert.deepEqual((await post('start_job', { job_name })).body, {})
    const again = await post('start_job', { job_name: 'regenerate_directory' })
    assert.deepEqual([again.status, again.body.errcode], [400, 'M_UNKNOWN'])
    server.clock.advance(1)
    const { enabled, current_updates } = await get('status')
    assert.equal(enabled, false)
    assert.equal(current_updates.master.name, 'regenerate_directory')
    assert.equal(current_updates.master.total_item_count, 0)
    assert.ok(current_updates.master.total_duration_ms > 0)
    assert.equal((await storage.read.rooms.findRoom(room))?.joinedCount, 7, 'it waits')

    assert.deepEqual((await post('enabled', {})).body, { enabled: true })
    server.clock.advance(2_000)
    await server.jobsDone()
    assert.deepEqual(await get('status'), { enabled: true, current_updates: {} })
    assert.equal((await storage.read.rooms.findRoom(room))?.joinedCount, 1)
    const tasks = await server.ok('GET', `${V1}/scheduled_tasks?action_name=regenerate_directory`, { token })
    assert.equal(tasks.scheduled_tasks[0].result.items, 3, 'two accounts and a room')

    for (const [path, body, errcode] of [
      ['enabled', { enabled: 'yes' }, 'M_UNKNOWN'],
      ['start_job', {}, 'M_MISSING_PARAM'],
      ['start_job', { job_name: 'unknown' }, 'M_UNKNOWN'],
    ] as const) {
      const answer = await post(path, body)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], JSON.stringify(body))
    }
    const refused = await server.call('GET', `${UPDATES}/status`, { token: bob.token })
    assert.equal(refused.status, 403)
  })

  test('scheduled tasks are found by what they do, about whom, in which state and until when', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { token } = await server.person('admin', { admin: true })
    const later = server.clock.nowMs() + 1_000_000
    const job = (id: string, subject: string, dueTs: number) => ({
      id,
      subject,
      params: {},
      createdTs: 1,
      dueTs,
    })
    await storage.write(async (tx) => {
      await tx.jobs.enqueue('test-one', job('b', '@b:test', later + 1))
      await tx.jobs.enqueue('test-one', job('a', '@a:test', later))
      await tx.jobs.enqueue('test-two', job('c', '@a:test', later))
      // Not longer ago than ended jobs are kept: the server's own job forgets those, whenever it comes to it.
      await tx.jobs.fail('c', 'broken', server.clock.nowMs())
    })
    const list = (query: string) => server.ok('GET', `${V1}/scheduled_tasks${query}`, { token })
    const ids = async (query: string) =>
      (await list(query)).scheduled_tasks.map((each: { id: string }) => each.id).join('')

    assert.equal(await ids('?action_name=test-one'), 'ab')
    assert.equal(await ids('?resource_id=@a:test'), 'ac')
    assert.equal(await ids('?resource_id=@a:test&status=scheduled'), 'a')
    assert.equal(await ids('?resource_id=@a:test&job_status=failed'), 'c')
    assert.equal(await ids(`?action_name=test-one&max_timestamp=${later}`), 'a')
    assert.deepEqual((await list('?action_name=test-two')).scheduled_tasks, [
      {
        id: 'c',
        action: 'test-two',
        status: 'failed',
        timestamp_ms: later,
        resource_id: '@a:test',
        result: null,
        error: 'broken',
      },
    ])
    const bad = await server.call('GET', `${V1}/scheduled_tasks?status=lost`, { token })
    assert.deepEqual([bad.status, bad.body.errcode], [400, 'M_INVALID_PARAM'])
  })
})
