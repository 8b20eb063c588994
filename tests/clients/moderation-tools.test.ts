/**
 * What moderation tools send, as they send it: a bot such as Draupnir, which is a server administrator with an ordinary
 * token, and the command line tool synadm.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrixError, serverMatrix } from '@ranvier/testkit'
import { eventually } from '@ranvier/testkit/eventually'
import { CLIENT, enc } from '../effects/cast.ts'

const ADMIN = '/_synapse/admin'

serverMatrix((start) => {
  test('a moderation bot polls reports, takes over a room, redacts, suspends, shuts down and deactivates', async () => {
    await using server = await start()
    const bot = await server.registerAdmin('bot')
    const [alice, spammer, mod] = [
      await server.register('alice'),
      await server.register('spammer'),
      await server.register('mod'),
    ]
    const room = await alice.createRoom({ preset: 'public_chat', room_alias_name: 'lobby' })
    for (const client of [spammer, mod]) await client.join(room)
    const spam = [await spammer.send(room, 'buy!'), await spammer.send(room, 'buy more!')]

    assert.deepEqual(await bot.get(`${ADMIN}/v1/users/${enc(bot.userId)}/admin`), { admin: true })
    await assert.rejects(
      mod.get(`${ADMIN}/v1/users/${enc(mod.userId)}/admin`),
      matrixError(403, 'M_FORBIDDEN'),
    )

    // Reports, from where the bot has seen them last.
    const reports = (from: number) =>
      bot.get<{ event_reports: { event_id: string; user_id: string; sender: string }[]; total: number }>(
        `${ADMIN}/v1/event_reports`,
        { from: String(from), limit: '5', dir: 'f' },
      )
    assert.deepEqual(await reports(0), { event_reports: [], total: 0 })
    for (const eventId of spam)
      await mod.post(`${CLIENT}/rooms/${enc(room)}/report/${enc(eventId)}`, { reason: 'spam' })
    const first = await reports(0)
    assert.equal(first.total, 2)
    assert.deepEqual(
      first.event_reports.map((report) => [report.event_id, report.user_id, report.sender]),
      spam.map((eventId) => [eventId, mod.userId, spammer.userId]),
    )
    await spammer.post(`${CLIENT}/rooms/${enc(room)}/report/${enc(spam[0]!)}`, {})
    const later = await reports(first.total)
    assert.deepEqual([later.event_reports.length, later.total], [1, 3])

    // The bot is not in the room: it lets itself in.
    await bot.post(`${ADMIN}/v1/join/${enc('#lobby:ranvier.test')}`, { user_id: bot.userId })
    await bot.post(`${ADMIN}/v1/rooms/${enc(room)}/make_room_admin`, { user_id: bot.userId })
    await bot.post(`${CLIENT}/rooms/${enc(room)}/ban`, { user_id: spammer.userId, reason: 'spam' })

    const { redact_id } = await bot.post<{ redact_id: string }>(
      `${ADMIN}/v1/user/${enc(spammer.userId)}/redact`,
      { rooms: [room], reason: 'spam' },
    )
    await eventually(async () => {
      const answer = await bot.get<{ status: string }>(`${ADMIN}/v1/user/redact_status/${redact_id}`)
      return answer.status === 'complete'
    })
    for (const eventId of spam) {
      const { content } = await alice.get<{ content: object }>(
        `${CLIENT}/rooms/${enc(room)}/event/${enc(eventId)}`,
      )
      assert.deepEqual(content, {})
    }

    await bot.put(`${ADMIN}/v1/suspend/${enc(spammer.userId)}`, { suspend: true })
    await assert.rejects(spammer.createRoom(), matrixError(403, 'M_USER_SUSPENDED'))
    await bot.post(`${ADMIN}/v1/deactivate/${enc(spammer.userId)}`, { erase: true })
    await assert.rejects(spammer.get(`${CLIENT}/account/whoami`), matrixError(401, 'M_UNKNOWN_TOKEN'))

    const { delete_id } = await bot.delete<{ delete_id: string }>(`${ADMIN}/v2/rooms/${enc(room)}`, {
      block: true,
      purge: true,
      new_room_user_id: bot.userId,
      message: 'This room is closed.',
    })
    await eventually(async () => {
      const answer = await bot.get<{ status: string }>(`${ADMIN}/v2/rooms/delete_status/${delete_id}`)
      return answer.status === 'complete'
    })
    await assert.rejects(mod.join(room), matrixError(403, 'M_FORBIDDEN'))
    const { joined_rooms } = await mod.get<{ joined_rooms: string[] }>(`${CLIENT}/joined_rooms`)
    assert.equal(joined_rooms.length, 1, 'moved to the new room')
    // Reports about a room that is gone are neither listed nor counted.
    assert.deepEqual(await reports(0), { event_reports: [], total: 0 })
  })

  test('synadm lists the rooms of a user by their aliases, in rooms the administrator is not in', async () => {
    await using server = await start()
    const admin = await server.registerAdmin('admin')
    const alice = await server.register('alice')
    const named = await alice.createRoom({ room_alias_name: 'named' })
    const nameless = await alice.createRoom()

    const { joined_rooms } = await admin.get<{ joined_rooms: string[] }>(
      `${ADMIN}/v1/users/${enc(alice.userId)}/joined_rooms`,
    )
    assert.deepEqual(joined_rooms.toSorted(), [named, nameless].sort())
    const aliases = (client: typeof admin, roomId: string) =>
      client.get(`${CLIENT}/rooms/${enc(roomId)}/aliases`)
    assert.deepEqual(await aliases(admin, named), { aliases: ['#named:ranvier.test'] })
    assert.deepEqual(await aliases(admin, nameless), { aliases: [] })
    const bob = await server.register('bob')
    await assert.rejects(aliases(bob, named), matrixError(403, 'M_FORBIDDEN'))
  })
})
