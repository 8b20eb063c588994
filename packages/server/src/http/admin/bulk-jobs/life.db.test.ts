import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'
import { bulkCalls, JOBS } from './fixture.ts'

const DAY_MS = 24 * 3_600_000

databaseMatrix((open) => {
  test('a cancelled job does nothing more, and tells what it had done', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const users: string[] = []
    for (let i = 0; i < 40; i++) {
      const userId = `@u${String(i).padStart(2, '0')}:test`
      users.push(userId)
      await storage.write((tx) => tx.accounts.create({ userId: userId as never, createdTs: 1 }))
    }
    const bulk = bulkCalls(server, admin)
    const { promise: someDone, resolve } = Promise.withResolvers<void>()
    storage.subscribe((facts) => {
      if (facts.some(({ stream, key }) => stream === 'accounts' && key === users[5])) resolve()
    })

    const { job_id } = (await bulk.start({ action: 'suspend', users })).body
    await someDone
    const cancelled = await bulk.cancel(job_id)
    await server.jobsDone()

    assert.equal(cancelled.body.status, 'cancelled')
    const { done, total, status } = await bulk.state(job_id)
    assert.equal(status, 'cancelled')
    assert.ok(done >= 6 && done < total, `${done} of ${total}`)
    const accounts = await storage.read.accounts.findMany(users)
    assert.equal(accounts.filter(({ suspended }) => suspended).length, done)
    const { items } = await bulk.items(job_id, '?state=pending')
    assert.equal(items.length, total - done)
    assert.equal((await bulk.cancel(job_id)).body.status, 'cancelled', 'again changes nothing')
  })

  test('jobs and their items are listed in pages, and forgotten a week after the end', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    await server.person('alice')
    const bulk = bulkCalls(server, admin)
    const ids: string[] = []
    for (const action of ['suspend', 'lock', 'unlock'])
      ids.push((await bulk.run({ action, users: ['@alice:test', '@b:test', '@c:test'] })).state.job_id)

    const listed: string[] = []
    let from = ''
    for (;;) {
      const page = await server.ok('GET', `${JOBS}?limit=2${from}`, { token })
      for (const job of page.jobs) listed.push(job.job_id)
      if (page.next_token === undefined) break
      from = `&from=${page.next_token}`
    }
    assert.deepEqual(listed, ids.toReversed())
    const first = await bulk.items(ids[0]!, '?limit=2')
    const second = await bulk.items(ids[0]!, `?limit=2&from=${first.next_token}`)
    assert.deepEqual(
      [...first.items, ...second.items].map(({ item }) => item),
      ['@alice:test', '@b:test', '@c:test'],
    )
    assert.equal(second.next_token, undefined)
    assert.deepEqual((await bulk.items(ids[0]!, '?state=failed&limit=1')).items.length, 1)

    for (const ms of [8 * DAY_MS, DAY_MS / 12]) {
      server.clock.advance(ms)
      await server.jobsDone()
    }
    assert.deepEqual(await server.ok('GET', JOBS, { token }), { jobs: [] })
    const rows = await storage.write(({ db }) =>
      db.get<{ n: number }>(
        'SELECT (SELECT COUNT(*) FROM bulk_items) + (SELECT COUNT(*) FROM bulk_jobs) AS n',
      ),
    )
    assert.equal(rows!.n, 0)
  })

  test('what cannot be a bulk job has its errcode', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    const alice = await server.person('alice')
    const bulk = bulkCalls(server, admin)
    const many = Array.from({ length: 10_001 }, (_, i) => `@u${i}:test`)
    const users = ['@alice:test']
    for (const [body, errcode] of [
      [{}, 'M_MISSING_PARAM'],
      [{ action: 'hug', users }, 'M_BAD_JSON'],
      [{ action: 'lock' }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users, filter: { guests: true } }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users: [] }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users: many }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users: ['alice'] }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users: ['@alice:elsewhere'] }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users: 'all' }, 'M_BAD_JSON'],
      [{ action: 'lock', filter: {} }, 'M_INVALID_PARAM'],
      [{ action: 'lock', filter: { guests: 'yes' } }, 'M_BAD_JSON'],
      [{ action: 'lock', media: ['mxc://test/a'] }, 'M_INVALID_PARAM'],
      [{ action: 'lock', users, rooms: ['!a:test'] }, 'M_INVALID_PARAM'],
      [{ action: 'quarantine_media', media: ['mxc://elsewhere/a'] }, 'M_INVALID_PARAM'],
      [{ action: 'quarantine_media', media: ['a'] }, 'M_INVALID_PARAM'],
      [{ action: 'delete_devices', users }, 'M_INVALID_PARAM'],
      [{ action: 'delete_devices', unseen_since: -1 }, 'M_BAD_JSON'],
      [{ action: 'delete_devices', devices: [{ user_id: '@alice:test' }] }, 'M_MISSING_PARAM'],
      [{ action: 'kick', users }, 'M_INVALID_PARAM'],
      [{ action: 'kick', user_id: '@alice:test', rooms: ['#a:test'] }, 'M_INVALID_PARAM'],
      [{ action: 'leave', user_id: '@x:elsewhere' }, 'M_INVALID_PARAM'],
      [{ action: 'redact', users, limit: -1 }, 'M_BAD_JSON'],
    ] as const) {
      for (const call of [bulk.start, bulk.preview]) {
        const answer = await call(body)
        assert.deepEqual(
          [answer.status, answer.body.errcode],
          [400, errcode],
          JSON.stringify(body).slice(0, 200),
        )
      }
    }
    for (const body of [
      { action: 'lock', filter: { name: 'a\0b' } },
      { action: 'kick', user_id: '@alice:test', reason: 'a\0b' },
    ]) {
      const answer = await bulk.start(body)
      assert.deepEqual([answer.status, answer.text.includes('M_UNKNOWN')], [400, false], answer.text)
    }
    for (const [method, path] of [
      ['GET', `${JOBS}/none`],
      ['GET', `${JOBS}/none/items`],
      ['POST', `${JOBS}/none/cancel`],
    ] as const) {
      const answer = await server.call(method, path, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [404, 'M_NOT_FOUND'])
      assert.equal((await server.call(method, path, { token: alice.token })).status, 403)
    }
    for (const query of ['?from=x', '?limit=0', '?state=odd']) {
      const answer = await server.call('GET', `${JOBS}/none/items${query}`, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'])
    }
    assert.deepEqual(await server.ok('GET', JOBS, { token }), { jobs: [] })
  })
})
