import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { jobRunner } from '../../../jobs/runner.ts'
import { PRUNE_REDACTED_ID, pruneRedactedJob } from '../../../rooms/prune-redacted-job.ts'
import { testServer } from './test-server.ts'

const DAY_MS = 86_400_000

databaseMatrix((open) => {
  test('what redacted events said is deleted when the period is over, and nothing else', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const { clock } = server
    await using jobs = jobRunner({
      storage,
      clock,
      kinds: [pruneRedactedJob({ retentionMs: 7 * DAY_MS })],
      onError: (error) => assert.fail(String(error)),
    })
    await storage.write((tx) =>
      tx.jobs.ensure(PRUNE_REDACTED_ID, { id: PRUNE_REDACTED_ID, params: {}, createdTs: clock.nowMs() }),
    )
    const roomId = await server.create('alice')
    const stays = await server.say('alice', roomId, 'I stay')
    const goes = await server.say('alice', roomId, 'I go')
    const topic = await server.set('alice', roomId, 'm.room.topic', { topic: 'I go too' })
    const stored = async (eventId: string) => (await storage.read.rooms.eventsById([eventId]))[0]!.pdu
    const redact = (eventId: string) =>
      server.ok('alice', 'PUT', `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/${eventId}`, {})

    for (const eventId of [goes, topic]) await redact(eventId)
    clock.advance(7 * DAY_MS - 60_000)
    await jobs.runUntilIdle()
    assert.ok((await stored(goes)).includes('I go'))
    const shown = await server.ok('alice', 'GET', `${server.room(roomId)}/event/${encodeURIComponent(goes)}`)

    clock.advance(DAY_MS)
    await jobs.runUntilIdle()
    for (const eventId of [goes, topic]) assert.ok(!(await stored(eventId)).includes('I go'))
    assert.deepEqual(JSON.parse(await stored(goes)).content, {})
    assert.deepEqual(JSON.parse(await stored(goes)).signatures !== undefined, true)
    assert.ok((await stored(stays)).includes('I stay'))
    await using later = await testServer(storage)
    const again = await later.ok('alice', 'GET', `${server.room(roomId)}/event/${encodeURIComponent(goes)}`)
    for (const event of [shown, again]) delete event.unsigned
    assert.deepEqual(again, shown)
  })

  test('a backlog is worked off in batches, and a second redaction does not begin the time anew', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice')
    const said: string[] = []
    for (let i = 0; i < 105; i++) said.push(await server.say('alice', roomId, `number ${i}`))
    const redact = (eventId: string, txn: string) =>
      server.ok('alice', 'PUT', `${server.room(roomId)}/redact/${encodeURIComponent(eventId)}/${txn}`, {})
    for (const eventId of said) await redact(eventId, '1')
    server.clock.advance(DAY_MS)
    await redact(said[0]!, '2')

    const due = await storage.write((tx) =>
      tx.redactions.listUnpruned(server.clock.nowMs() - DAY_MS / 2, 500),
    )
    assert.equal(due.length, 105)
    await using jobs = jobRunner({
      storage,
      clock: server.clock,
      kinds: [pruneRedactedJob({ retentionMs: DAY_MS / 2 })],
      onError: (error) => assert.fail(String(error)),
    })
    await storage.write((tx) => tx.jobs.enqueue(PRUNE_REDACTED_ID, { params: {}, createdTs: 0 }))
    await jobs.runUntilIdle()
    assert.deepEqual(await storage.write((tx) => tx.redactions.listUnpruned(server.clock.nowMs(), 500)), [])
  })
})
