import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'
import { bulkCalls } from './fixture.ts'

const DAY_MS = 24 * 3_600_000

databaseMatrix((open) => {
  test('a user is kicked, banned and let in again everywhere', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const rooms: string[] = []
    for (let i = 0; i < 12; i++) rooms.push(await server.createRoom(alice))
    for (const room of rooms.slice(0, 11)) await server.join(bob, room)
    const own = await server.createRoom(bob)
    const other = rooms[11]!
    const bulk = bulkCalls(server, admin)
    const membership = async (room: string) => (await storage.read.members.find(room, bob.userId))?.membership
    const user_id = bob.userId

    const preview = await bulk.preview({ action: 'kick', user_id })
    assert.deepEqual([preview.body.total, preview.body.unchanged, preview.body.unknown], [12, 0, 0])
    const kicked = await bulk.run({ action: 'kick', user_id, reason: 'Out' })
    assert.deepEqual([kicked.state.total, kicked.state.done], [12, 12], 'out of the own room by leaving')
    for (const room of [...rooms.slice(0, 11), own]) assert.equal(await membership(room), 'leave')

    await server.join(bob, rooms[0]!)
    const list = [rooms[0]!, other, own, '!none:test']
    const asked = await bulk.preview({ action: 'ban', user_id, rooms: list })
    assert.deepEqual(
      asked.body.sample.map(({ would }: { would: string }) => would),
      ['change', 'change', 'change', 'fail'],
    )
    const banned = await bulk.run({ action: 'ban', user_id, rooms: list })
    assert.deepEqual(banned.ends, [
      `${rooms[0]} done`,
      `${other} done`,
      `${own} failed: No user of this server who is in the room may ban ${user_id}`,
      '!none:test failed: Room !none:test not found',
    ])
    const unbanned = await bulk.run({ action: 'unban', user_id })
    assert.deepEqual([unbanned.state.total, unbanned.state.done], [2, 2])
    assert.equal(await membership(other), 'leave')
    const nothing = await bulk.run({ action: 'leave', user_id })
    assert.deepEqual([nothing.state.total, nothing.state.status], [0, 'complete'])
  })

  test('devices nobody uses are deleted, but not one that was used meanwhile', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    server.clock.advance(90 * DAY_MS)
    const unseen_since = server.clock.nowMs()
    const bulk = bulkCalls(server, admin)
    const device = (who: typeof alice) => `${who.userId} ${who.deviceId}`
    const wish = { action: 'delete_devices', unseen_since }

    const preview = await bulk.preview(wish)
    assert.deepEqual([preview.body.total, preview.body.exact], [2, true])
    assert.deepEqual(preview.body.sample, [
      { item: device(alice), would: 'change' },
      { item: device(bob), would: 'change' },
    ])
    // Found, and then used: as if the job had stood between its two halves.
    const { job_id } = (await bulk.start({ action: 'delete_devices', unseen_since: 0 })).body
    await server.jobsDone()
    assert.equal((await bulk.state(job_id)).total, 0)
    await server.ok('GET', '/account/whoami', { token: bob.token })
    await storage.write(async (tx) => {
      const target = { kind: 'stale-devices', unseenSinceTs: unseen_since }
      await tx.bulkJobs.create({ id: 'half', action: 'delete_devices', by: admin.userId, createdTs: 1 })
      await tx.bulkJobs.addItems('half', [device(alice), device(bob)])
      await tx.bulkJobs.setGathered('half')
      await tx.jobs.enqueue('bulk-job', {
        id: 'half',
        params: { action: 'delete_devices', target },
        createdTs: 1,
      })
    })
    await server.jobsDone()

    const { items } = await bulk.items('half')
    assert.deepEqual(
      items.map(({ state }) => state),
      ['done', 'unchanged'],
    )
    assert.equal((await server.call('GET', '/account/whoami', { token: alice.token })).status, 401)
    await server.ok('GET', '/account/whoami', { token: bob.token })
    const devices = [
      { user_id: bob.userId, device_id: bob.deviceId },
      { user_id: bob.userId, device_id: 'NONE' },
    ]
    const listed = await bulk.run({ action: 'delete_devices', devices })
    assert.deepEqual(listed.ends, [`${device(bob)} done`, `${bob.userId} NONE failed: Device not found`])
  })
})
