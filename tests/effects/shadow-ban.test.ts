/** A shadow-banned user hears of success everywhere, and is heard nowhere. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, type SyncResponse, serverMatrix } from '@ranvier/testkit'
import {
  actAs,
  CLIENT,
  enc,
  inRoom,
  joinedMembers,
  memberContent,
  outcome,
  readTexts,
  v1User,
  v2User,
} from './cast.ts'

const TEXT = { msgtype: 'm.text', body: 'from the banned' }

serverMatrix((start) => {
  describe('shadow-banning', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start()
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    const ban = (user: Client) => admin.post(v1User(user.userId, 'shadow_ban'))
    const lift = (user: Client) => admin.delete(v1User(user.userId, 'shadow_ban'))

    /** Pia's news of the room up to a message of hers: whatever was said before it is in them. */
    async function newsOf(roomId: string, since: string): Promise<SyncResponse> {
      const marker = await pia.send(roomId, 'marker')
      let news: SyncResponse | undefined
      await pia.syncUntil(
        (answer) => {
          news = answer
          return (
            answer.rooms?.join?.[roomId]?.timeline?.events.some((event) => event.event_id === marker) === true
          )
        },
        { since },
      )
      return news!
    }

    test('drops what others would see, from the sessions there are, and says it was done', async () => {
      const user = await server.register('uma')
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await pia.join(roomId)
      const said = await user.send(roomId, 'before the ban')
      const quinn = await server.register('quinn')
      await ban(user)
      const since = (await pia.sync()).next_batch

      const self = enc(user.userId)
      const pretend: [string, string, Record<string, unknown>, string][] = [
        ['PUT', inRoom(roomId, 'send/m.room.message/1'), TEXT, 'event'],
        ['PUT', inRoom(roomId, 'state/m.room.topic/'), { topic: 'x' }, 'event'],
        ['PUT', inRoom(roomId, `redact/${enc(said)}/1`), {}, 'event'],
        [
          'PUT',
          inRoom(roomId, `state/m.room.member/${enc(quinn.userId)}`),
          { membership: 'invite' },
          'event',
        ],
        ['PUT', inRoom(roomId, `typing/${self}`), { typing: true, timeout: 30_000 }, '{}'],
        ['PUT', inRoom(roomId, `typing/${self}`), { typing: false }, '{}'],
        ['POST', inRoom(roomId, 'invite'), { user_id: quinn.userId }, '{}'],
        ['POST', inRoom(roomId, 'kick'), { user_id: pia.userId }, '{}'],
        ['POST', inRoom(roomId, 'ban'), { user_id: pia.userId }, '{}'],
        ['POST', inRoom(roomId, 'unban'), { user_id: pia.userId }, '{}'],
        ['POST', inRoom(roomId, 'upgrade'), { new_version: '11' }, 'room'],
      ]
      const dropped: string[] = []
      for (const [method, path, body, kind] of pretend) {
        const answer = await user.request(method, path, body)
        if (kind === '{}') assert.deepEqual(answer, {}, path)
        if (kind === 'room') assert.match(String(answer['replacement_room']), /^!/)
        if (kind !== 'event') continue
        assert.match(String(answer['event_id']), /^\$[\w-]{43}$/, path)
        dropped.push(String(answer['event_id']))
      }

      const news = (await newsOf(roomId, since)).rooms?.join?.[roomId]
      assert.deepEqual(
        news?.timeline?.events.map(({ sender }) => sender),
        [pia.userId],
      )
      assert.deepEqual(news?.state?.events ?? [], [])
      assert.ok(news?.ephemeral?.events.every(({ type }) => type !== 'm.typing') !== false)
      for (const eventId of dropped) {
        assert.equal(await outcome(pia.event(roomId, eventId)), '404 M_NOT_FOUND')
        assert.equal(await outcome(user.event(roomId, eventId)), '404 M_NOT_FOUND')
      }
      assert.equal((await pia.event(roomId, said)).content['body'], 'before the ban')
      assert.equal(await memberContent(pia, roomId, quinn.userId), undefined)
      assert.deepEqual((await quinn.sync()).rooms?.invite ?? {}, {})

      await lift(user)
      await user.send(roomId, 'after the ban')
      assert.deepEqual(await readTexts(pia, roomId), ['before the ban', 'marker', 'after the ban'])
    })

    test('also where others would be refused, but tells of what nobody could ask for', async () => {
      const user = await server.register('vic')
      await ban(user)
      const roomId = await pia.createRoom()
      const send = (body: unknown) =>
        user.put(inRoom(roomId, 'send/m.room.message/1'), body as Record<string, unknown>)
      assert.equal(await outcome(send(TEXT)), '200')
      assert.match(await outcome(send([])), /^400 /)
      assert.match(await outcome(user.post(inRoom(roomId, 'invite'), { user_id: 'nobody' })), /^400 /)
    })

    test('makes rooms to which nobody is invited', async () => {
      const user = await server.register('wim')
      await ban(user)
      const invite = { membership: 'invite' }
      const roomId = await user.createRoom({
        name: 'Mine',
        preset: 'trusted_private_chat',
        invite: [pia.userId],
      })
      const member = { type: 'm.room.member', state_key: pia.userId, content: invite }
      await outcome(user.createRoom({ initial_state: [member] }))

      assert.deepEqual(Object.keys(await joinedMembers(user, roomId)), [user.userId])
      assert.deepEqual(await user.get(inRoom(roomId, 'state/m.room.name/')), { name: 'Mine' })
      assert.deepEqual((await pia.sync()).rooms?.invite ?? {}, {})
    })

    test('keeps a new name out of the rooms, not out of the profile', async () => {
      const user = await server.register('xia')
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      await user.join(roomId)
      await ban(user)
      const profile = `${CLIENT}/profile/${enc(user.userId)}`
      await user.put(`${profile}/displayname`, { displayname: 'Advertisement' })
      await user.put(`${profile}/avatar_url`, { avatar_url: 'mxc://ranvier.test/ad' })
      const own = inRoom(roomId, `state/m.room.member/${enc(user.userId)}`)
      await user.put(own, { membership: 'join', displayname: 'Advertisement' })

      assert.deepEqual(await pia.get(profile), {
        displayname: 'Advertisement',
        avatar_url: 'mxc://ranvier.test/ad',
      })
      const member = await memberContent(pia, roomId, user.userId)
      assert.deepEqual([member?.['displayname'], member?.['avatar_url'] ?? null], ['xia', null])
    })

    test('takes an alias away without a word of it in the room', async () => {
      const user = await server.register('yan')
      const roomId = await user.createRoom({ preset: 'public_chat', room_alias_name: 'yans' })
      await pia.join(roomId)
      await ban(user)
      const alias = `#yans:${server.serverName}`
      const since = (await pia.sync()).next_batch

      await user.delete(`${CLIENT}/directory/room/${enc(alias)}`)

      assert.equal(await outcome(pia.get(`${CLIENT}/directory/room/${enc(alias)}`)), '404 M_NOT_FOUND')
      const { alias: canonical } = await pia.get(inRoom(roomId, 'state/m.room.canonical_alias/'))
      assert.equal(canonical, alias)
      const news = (await newsOf(roomId, since)).rooms?.join?.[roomId]
      assert.equal(news?.timeline?.events.length, 1)
    })

    test('leaves everything else as it is', async () => {
      const user = await server.register('zoe')
      await ban(user)
      const again = await Client.logIn(server.url, 'zoe')
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      const eventId = await pia.send(roomId, 'read by all')
      const knockable = await pia.createRoom({
        initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
      })
      const invited = await pia.createRoom({ invite: [user.userId] })
      const since = (await pia.sync()).next_batch

      for (const target of [roomId, invited]) await again.join(target)
      await again.post(`${CLIENT}/knock/${enc(knockable)}`)
      await again.post(inRoom(invited, 'leave'), { reason: 'buy this' })
      await again.post(inRoom(roomId, `receipt/m.read/${enc(eventId)}`))
      await again.put(`${CLIENT}/sendToDevice/org.example.hello/1`, {
        messages: { [pia.userId]: { '*': { hello: true } } },
      })
      assert.deepEqual(await readTexts(again, roomId), ['read by all'])
      assert.deepEqual(Object.keys((await again.sync()).rooms?.join ?? {}), [roomId])
      const upload = await fetch(`${server.url}/_matrix/media/v3/upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${again.accessToken}` },
        body: 'bytes',
      })
      assert.equal(upload.status, 200)
      const own = await again.createRoom({ name: 'Alone' })
      await again.put(`${CLIENT}/directory/list/room/${enc(own)}`, { visibility: 'public' })

      const seen = { receipt: false, toDevice: false }
      await pia.syncUntil(
        (answer) => {
          seen.toDevice ||= answer.to_device?.events.some((event) => event.sender === user.userId) === true
          seen.receipt ||=
            answer.rooms?.join?.[roomId]?.ephemeral?.events.some(
              ({ type, content }) => type === 'm.receipt' && JSON.stringify(content).includes(user.userId),
            ) === true
          return seen.toDevice && seen.receipt
        },
        { since },
      )
      assert.equal((await memberContent(pia, roomId, user.userId))?.['membership'], 'join')
      const left = await memberContent(pia, invited, user.userId)
      assert.deepEqual(
        [left?.['membership'], left?.['reason']],
        ['leave', undefined],
        'reasons are words, too',
      )
      assert.equal((await memberContent(pia, knockable, user.userId))?.['membership'], 'knock')
    })

    test('holds for puppets of the user, and shows to administrators only', async () => {
      const user = await server.register('tom')
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      await user.join(roomId)
      const early = await actAs(admin, user)
      await ban(user)
      const late = await actAs(admin, user)

      for (const puppet of [early, late]) {
        const eventId = await puppet.send(roomId, 'from a puppet')
        assert.equal(await outcome(pia.event(roomId, eventId)), '404 M_NOT_FOUND')
      }
      assert.equal((await admin.get(v2User(user.userId)))['shadow_banned'], true)
      for (const path of ['account/whoami', 'capabilities', `profile/${enc(user.userId)}`, 'devices'])
        assert.doesNotMatch(JSON.stringify(await user.get(`${CLIENT}/${path}`)), /shadow|ban/)
      assert.equal(await outcome(user.post(v1User(pia.userId, 'shadow_ban'))), '403 M_FORBIDDEN')
    })
  })
})
