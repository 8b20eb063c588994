import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, type SyncFixture, syncFixture, watched } from './fixture.ts'

const [alice, bob, carol, dora] = ['alice', 'bob', 'carol', 'dora'].map((name) => requesterOf(name)) as [
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
]

const FILTERS = {
  none: {},
  'no members': { room: { timeline: { not_types: ['m.room.member'] }, state: { types: [] } } },
  'one event': { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } },
  'no rooms': { room: { rooms: [] } },
}

/** What alice's devices are told by each filter, and after a restart, since a place in the past. */
async function told(server: SyncFixture, since: string) {
  const answers: [string, { changed: string[]; left: string[] }][] = []
  for (const [name, filter] of Object.entries(FILTERS)) {
    const late = await syncFixture(server.storage)
    for (const [when, each] of [
      ['now', server],
      ['restarted', late],
    ] as const) {
      const { device_lists } = await each.syncAs(alice, { since, filter })
      const { changed, left } = device_lists ?? { changed: [], left: [] }
      answers.push([`${name}, ${when}`, { changed: changed.toSorted(), left: left.toSorted() }])
    }
  }
  return answers
}

async function assertTold(
  server: SyncFixture,
  since: string,
  expected: { changed?: string[]; left?: string[] },
): Promise<void> {
  const { changed = [], left = [] } = expected
  for (const [name, answer] of await told(server, since)) assert.deepEqual(answer, { changed, left }, name)
}

const chat = async (server: SyncFixture, room: RoomId) => {
  for (const body of ['a', 'b', 'c']) await server.say(alice, room, body)
}

databaseMatrix((open) => {
  test('who comes and who goes is told whatever the filter leaves out of the rooms', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(alice)
    for (const who of [bob, carol]) await server.join(who, room)
    const { next_batch: since } = await server.syncAs(alice)

    await server.join(dora, room)
    await server.leave(bob, room)
    await chat(server, room)
    await assertTold(server, since, { changed: [dora.userId], left: [bob.userId] })
    await server.change(alice, room, bob, 'ban')
    await server.change(alice, room, carol, 'leave')
    await server.change(alice, room, carol, 'invite')
    await chat(server, room)

    await assertTold(server, since, { changed: [dora.userId], left: [bob.userId, carol.userId] })
  })

  test('a room one joins brings everybody in it, one that is left takes also who left it before', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(bob)
    await server.join(carol, room)
    const { next_batch: outside } = await server.syncAs(alice)
    await server.join(alice, room)
    await assertTold(server, outside, { changed: [bob.userId, carol.userId] })
    const { next_batch: inside } = await server.syncAs(alice)

    await server.leave(carol, room)
    await server.leave(alice, room)

    await assertTold(server, inside, { left: [bob.userId, carol.userId] })
    await assertTold(server, outside, {})
  })

  test('new keys are told of those one shares a room with, and of oneself', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(alice)
    await server.join(bob, room)
    const other = await server.create(carol)
    await server.join(dora, other)
    const { next_batch: since } = await server.syncAs(alice)

    for (const { userId } of [alice, bob, carol])
      await storage.write((tx) => tx.devices.recordListChange(userId))

    await assertTold(server, since, { changed: [alice.userId, bob.userId] })
  })

  test('of thousands whose lists changed those in one’s own rooms are looked for, not everybody', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage)
    const room = await server.create(alice)
    await server.join(bob, room)
    const other = await server.create(carol)
    await server.join(dora, other)
    const { next_batch: since } = await server.syncAs(alice)
    await storage.write(async (tx) => {
      const last = await tx.takePosition('device_lists', 1_200)
      for (let n = 0; n < 1_200; n++)
        await tx.db.run(
          'INSERT INTO device_list_changes (user_id, position) VALUES (?, ?)',
          `@stranger${n}:test`,
          last - n,
        )
      for (const { userId } of [alice, bob, carol]) await tx.devices.recordListChange(userId)
    })

    const late = await syncFixture(storage)
    reads.length = 0
    const { device_lists } = await late.syncAs(alice, { since })

    assert.deepEqual(device_lists?.changed.toSorted(), [alice.userId, bob.userId])
    const asked = reads.filter((read) => /changed(Since|InCompany)/.test(read))
    assert.equal(asked.length, 2, asked.join())
    await assertTold(server, since, { changed: [alice.userId, bob.userId] })
  })
})
