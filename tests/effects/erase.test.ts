/** Who still reads what somebody said who asked to be erased. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Client, type ClientEvent, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { eventually } from '@ranvier/testkit/eventually'
import { enc, inRoom, joinedMembers, outcome, readTexts, seesMembership, V1, v2User } from './cast.ts'

/** The text of one message by every way to read it; `null` where the content is gone. */
async function textsByEveryWay(
  viewer: Client,
  roomId: string,
  eventId: string,
): Promise<Record<string, unknown>> {
  const find = (events: ClientEvent[]) => {
    const event = events.find((each) => each.event_id === eventId)
    assert.ok(event, 'the event itself is never hidden')
    assert.deepEqual([event.type, typeof event.sender], ['m.room.message', 'string'])
    return event.content['body'] ?? null
  }
  const context = await viewer.get<{ event: ClientEvent }>(inRoom(roomId, `context/${enc(eventId)}`))
  const { rooms } = await viewer.sync({ filter: { room: { timeline: { limit: 100 } } } })
  const timeline = rooms?.join?.[roomId]?.timeline?.events
  return {
    event: find([await viewer.event(roomId, eventId)]),
    messages: find(await viewer.history(roomId)),
    context: find([context.event]),
    ...(timeline === undefined ? {} : { sync: find(timeline) }),
  }
}

const EVERYWHERE = (text: string | null) => ({ event: text, messages: text, context: text, sync: text })

serverMatrix((start) => {
  describe('erasing', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    let nell: Client
    before(async () => {
      server = await start()
      admin = await server.registerAdmin()
      pia = await server.register('pia')
      nell = await server.register('nell')
    })

    /** Deactivates and waits until the user is out of the room. */
    async function erase(user: Client, roomId: string): Promise<void> {
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase: true })
      await eventually(async () => !(user.userId in (await joinedMembers(pia, roomId))))
    }

    test('hides what was said from those who came later, not from those who heard it', async () => {
      const user = await server.register('uma')
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await pia.join(roomId)
      const eventId = await user.send(roomId, 'for those here')
      await pia.send(roomId, 'somebody else')
      await nell.join(roomId)
      assert.deepEqual(await textsByEveryWay(nell, roomId, eventId), EVERYWHERE('for those here'))

      await erase(user, roomId)

      assert.deepEqual(await textsByEveryWay(pia, roomId, eventId), EVERYWHERE('for those here'))
      assert.deepEqual(await textsByEveryWay(nell, roomId, eventId), EVERYWHERE(null))
      assert.deepEqual(await readTexts(nell, roomId), [null, 'somebody else'])

      await admin.put(v2User(user.userId), { deactivated: false, password: 'pw-uma' })
      assert.deepEqual(await textsByEveryWay(nell, roomId, eventId), EVERYWHERE('for those here'))
    })

    test('hides it from those who read without joining', async () => {
      const user = await server.register('vic')
      const readable = { history_visibility: 'world_readable' }
      const roomId = await user.createRoom({
        preset: 'public_chat',
        initial_state: [{ type: 'm.room.history_visibility', state_key: '', content: readable }],
      })
      await pia.join(roomId)
      const eventId = await user.send(roomId, 'to the world')
      const stranger = await server.register('stranger')
      const read = () => textsByEveryWay(stranger, roomId, eventId)
      assert.equal((await read())['messages'], 'to the world')

      await erase(user, roomId)

      assert.deepEqual(await read(), { event: null, messages: null, context: null })
    })

    test('takes the names out of the profile and out of the member events of the rooms', async () => {
      const user = await server.register('wim')
      await admin.put(v2User(user.userId), { displayname: 'Wim', avatar_url: 'mxc://ranvier.test/wim' })
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      await user.join(roomId)
      await user.put(`/_matrix/client/v3/profile/${enc(user.userId)}/displayname`, { displayname: 'Wim II' })
      const memberEvents = async () =>
        (await pia.history(roomId)).filter((event) => event.state_key === user.userId)
      assert.deepEqual(
        (await memberEvents()).map(({ content }) => content['displayname']),
        ['Wim', 'Wim II'],
      )

      await erase(user, roomId)

      const details = await admin.get(v2User(user.userId))
      assert.deepEqual(
        { erased: details['erased'], name: details['displayname'], avatar: details['avatar_url'] },
        { erased: true, name: null, avatar: null },
      )
      const profile = `/_matrix/client/v3/profile/${enc(user.userId)}`
      assert.equal(await outcome(pia.get(profile)), '404 M_NOT_FOUND')
      for (const { content } of await memberEvents()) {
        assert.equal(content['displayname'] ?? null, null)
        assert.equal(content['avatar_url'] ?? null, null)
      }
      assert.deepEqual(
        (await memberEvents()).map(({ content }) => content['membership']),
        ['join', 'join', 'leave'],
      )
    })

    test('does not let one room that cannot be left stop the others', async () => {
      const user = await server.register('xia')
      const rooms: string[] = []
      for (let i = 0; i < 3; i++) {
        const roomId = await pia.createRoom({ preset: 'public_chat' })
        await user.join(roomId)
        rooms.push(roomId)
      }
      const since = (await pia.sync()).next_batch
      // Nobody may send anything there: names cannot be redacted in it.
      await pia.sendState(rooms[0]!, 'm.room.power_levels', '', {
        events: { 'm.room.redaction': 100 },
        events_default: 100,
      })

      await admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase: true })

      for (const roomId of rooms)
        await seesMembership(pia, { roomId, userId: user.userId, membership: 'leave', since })
    })

    const STATES: Record<string, (user: Client) => Promise<unknown>> = {
      suspended: (user) => admin.put(`${V1}/suspend/${enc(user.userId)}`, { suspend: true }),
      'shadow-banned': (user) => admin.post(`${V1}/users/${enc(user.userId)}/shadow_ban`),
      locked: (user) => admin.put(v2User(user.userId), { locked: true }),
      deactivated: (user) => admin.post(`${V1}/deactivate/${enc(user.userId)}`),
    }
    for (const [state, bring] of Object.entries(STATES)) {
      test(`cannot take from everybody what a ${state} user said, redacting can`, async () => {
        const user = await server.register(`so-${state}`)
        const roomId = await pia.createRoom({ preset: 'public_chat' })
        await user.join(roomId)
        const eventId = await user.send(roomId, 'to be gone')
        await bring(user)

        const { redact_id: redactId } = await admin.post(`${V1}/user/${enc(user.userId)}/redact`, {
          rooms: [roomId],
        })

        const progress = () => admin.get(`${V1}/user/redact_status/${String(redactId)}`)
        await eventually(async () => (await progress())['status'] === 'complete')
        assert.deepEqual((await progress())['failed_redactions'], {})
        assert.equal((await textsByEveryWay(pia, roomId, eventId))['messages'], null)
      })
    }

    test('of a deactivated user hides what was said before', async () => {
      const user = await server.register('yan')
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await pia.join(roomId)
      await user.send(roomId, 'kept, and then not')
      await nell.join(roomId)
      const since = (await pia.sync()).next_batch
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)
      await seesMembership(pia, { roomId, userId: user.userId, membership: 'leave', since })
      assert.deepEqual(await readTexts(nell, roomId), ['kept, and then not'])

      await admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase: true })

      assert.deepEqual(await readTexts(nell, roomId), [null])
      assert.deepEqual(await readTexts(pia, roomId), ['kept, and then not'])
      assert.equal(await outcome(nell.get(inRoom(roomId, 'state'))), '200')
    })
  })
})
