/** What locked and suspended users can still do, and that undoing it gives everything back. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, serverMatrix } from '@ranvier/testkit'
import {
  CLIENT,
  enc,
  inRoom,
  joinedMembers,
  memberContent,
  outcome,
  refusal,
  V1,
  V2,
  v2User,
} from './cast.ts'

serverMatrix((start) => {
  describe('moderating', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start()
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    const lock = (user: Client, locked: boolean) => admin.put(v2User(user.userId), { locked })
    const suspend = (user: Client, suspended: boolean) =>
      admin.put(`${V1}/suspend/${enc(user.userId)}`, { suspend: suspended })
    const names = async (query: string) =>
      (await admin.get<{ users: { name: string }[] }>(`${V2}/users?${query}`)).users.map(({ name }) => name)

    test('a locked user is shut out of everything but logging out, until unlocked', async () => {
      const user = await server.register('uma')
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await lock(user, true)

      const path = enc(user.userId)
      const requests: [string, string, Record<string, unknown>?][] = [
        ['GET', `${CLIENT}/sync`],
        ['GET', `${CLIENT}/account/whoami`],
        ['GET', `${CLIENT}/devices`],
        ['GET', inRoom(roomId, 'state')],
        ['GET', inRoom(roomId, 'messages?dir=b')],
        ['POST', `${CLIENT}/createRoom`, {}],
        ['POST', inRoom(roomId, 'leave'), {}],
        ['PUT', inRoom(roomId, 'send/m.room.message/1'), { msgtype: 'm.text', body: 'x' }],
        ['PUT', inRoom(roomId, `typing/${path}`), { typing: true }],
        ['PUT', `${CLIENT}/profile/${path}/displayname`, { displayname: 'U' }],
        ['PUT', `${CLIENT}/user/${path}/account_data/org.example`, {}],
        ['POST', `${CLIENT}/keys/upload`, {}],
        ['POST', '/_matrix/media/v3/upload'],
      ]
      for (const [method, url, body] of requests) {
        const answer = await refusal(user.request(method, url, body))
        assert.deepEqual([answer['errcode'], answer['soft_logout']], ['M_USER_LOCKED', true], url)
      }
      assert.equal(await outcome(user.get('/_matrix/client/versions')), '200')
      assert.equal(await outcome(Client.logIn(server.url, 'uma')), '401 M_USER_LOCKED')
      assert.deepEqual(await names('name=uma'), [])
      assert.deepEqual(await names('name=uma&locked=true'), [user.userId])
      assert.equal(await outcome(pia.invite(await pia.createRoom(), user.userId)), '200')

      await lock(user, false)
      assert.equal((await user.get(`${CLIENT}/account/whoami`))['user_id'], user.userId)
      assert.equal(await outcome(Client.logIn(server.url, 'uma')), '200')
    })

    for (const path of ['/logout', '/logout/all']) {
      test(`a locked user may call ${path}`, async () => {
        const user = await server.register(`ned${path.length}`)
        await lock(user, true)
        assert.equal(await outcome(user.post(CLIENT + path)), '200')
        await lock(user, false)
        assert.equal(await outcome(user.get(`${CLIENT}/account/whoami`)), '401 M_UNKNOWN_TOKEN')
      })
    }

    test('a suspended user may look, be told and go, and change nothing else', async () => {
      const user = await server.register('sue')
      const roomId = await pia.createRoom({
        preset: 'public_chat',
        power_level_content_override: { users: { [user.userId]: 90 } },
      })
      await user.join(roomId)
      const other = await pia.createRoom({ preset: 'public_chat' })
      const invited = await pia.createRoom({ invite: [user.userId] })
      const knockable = await pia.createRoom({
        initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
      })
      const visited = await pia.createRoom({ preset: 'public_chat' })
      await user.join(visited)
      const mine = await user.send(roomId, 'mine')
      const hers = await pia.send(roomId, 'hers')
      const quinn = await server.register('quinn')
      await quinn.join(roomId)

      await suspend(user, true)

      const self = enc(user.userId)
      const refused: [string, string, Record<string, unknown>][] = [
        ['PUT', inRoom(roomId, 'send/m.room.message/1'), { msgtype: 'm.text', body: 'x' }],
        ['PUT', inRoom(roomId, 'state/m.room.topic/'), { topic: 'x' }],
        ['PUT', inRoom(roomId, `state/m.room.member/${self}`), { membership: 'join', displayname: 'Other' }],
        ['POST', `${CLIENT}/createRoom`, {}],
        ['POST', inRoom(roomId, 'upgrade'), { new_version: '11' }],
        ['POST', inRoom(roomId, 'invite'), { user_id: admin.userId }],
        ['POST', `${CLIENT}/join/${enc(other)}`, {}],
        ['POST', `${CLIENT}/join/${enc(invited)}`, {}],
        ['POST', `${CLIENT}/knock/${enc(knockable)}`, {}],
        ['POST', inRoom(roomId, 'ban'), { user_id: quinn.userId }],
        ['POST', inRoom(roomId, 'kick'), { user_id: quinn.userId }],
        ['POST', inRoom(roomId, 'unban'), { user_id: quinn.userId }],
        ['PUT', inRoom(roomId, `redact/${enc(hers)}/1`), {}],
        ['PUT', `${CLIENT}/profile/${self}/displayname`, { displayname: 'Other' }],
        ['PUT', `${CLIENT}/profile/${self}/avatar_url`, { avatar_url: 'mxc://ranvier.test/x' }],
        ['DELETE', `${CLIENT}/profile/${self}/displayname`, {}],
      ]
      for (const [method, path, body] of refused)
        assert.equal(await outcome(user.request(method, path, body)), '403 M_USER_SUSPENDED', path)
      assert.deepEqual(
        Object.keys(await joinedMembers(pia, roomId)).sort(),
        [pia, quinn, user].map((one) => one.userId).sort(),
      )
      assert.equal((await pia.event(roomId, hers)).content['body'], 'hers')
      assert.equal((await pia.get(`${CLIENT}/profile/${self}`))['displayname'], 'sue')

      const since = (await pia.sync()).next_batch
      const allowed: [string, string, Record<string, unknown>?][] = [
        ['GET', `${CLIENT}/sync`],
        ['GET', inRoom(roomId, 'messages?dir=b')],
        ['POST', inRoom(roomId, `receipt/m.read/${enc(hers)}`), {}],
        ['PUT', inRoom(roomId, `typing/${self}`), { typing: true, timeout: 20_000 }],
        ['GET', `${CLIENT}/devices`],
        ['PUT', `${CLIENT}/devices/${user.deviceId}`, { display_name: 'Phone' }],
        ['PUT', `${CLIENT}/user/${self}/account_data/org.example`, {}],
        ['PUT', inRoom(roomId, `redact/${enc(mine)}/2`), {}],
        ['POST', inRoom(visited, 'leave'), {}],
        ['POST', inRoom(invited, 'leave'), {}],
      ]
      for (const [method, path, body] of allowed)
        assert.equal(await outcome(user.request(method, path, body)), '200', path)
      const upload = await fetch(`${server.url}/_matrix/media/v3/upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.accessToken}` },
        body: 'bytes',
      })
      assert.equal(upload.status, 200)
      await pia.syncUntil(
        (answer) =>
          answer.rooms?.join?.[roomId]?.ephemeral?.events.some(
            ({ type, content }) =>
              type === 'm.typing' && (content['user_ids'] as string[]).includes(user.userId),
          ) === true,
        { since },
      )
      assert.deepEqual((await pia.event(roomId, mine)).content, {})
      assert.equal((await memberContent(pia, visited, user.userId))?.['membership'], 'leave')
      assert.equal(await outcome(Client.logIn(server.url, 'sue')), '200')
      assert.deepEqual(await names('name=sue'), [user.userId])
      assert.equal((await admin.get(v2User(user.userId)))['suspended'], true)

      const second = await pia.createRoom({ invite: [user.userId] })
      assert.equal((await memberContent(pia, second, user.userId))?.['membership'], 'invite')

      assert.deepEqual(await suspend(user, false), { [`user_${user.userId}_suspended`]: false })
      for (const [method, path, body] of refused.slice(0, 3))
        assert.equal(await outcome(user.request(method, path, body)), '200', path)
      await user.join(second)
    })

    test('a suspended user can be deactivated: the server leaves the rooms for them', async () => {
      const user = await server.register('tia')
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      await user.join(roomId)
      await suspend(user, true)
      const since = (await pia.sync()).next_batch
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)
      await pia.syncUntil(
        (answer) =>
          answer.rooms?.join?.[roomId]?.timeline?.events.some(
            ({ state_key: key, content }) => key === user.userId && content['membership'] === 'leave',
          ) === true,
        { since },
      )
    })

    test('an account is not locked and deactivated in one request', async () => {
      const user = await server.register('una')
      const both = { locked: true, deactivated: true }
      assert.match(await outcome(admin.put(v2User(user.userId), both)), /^400 /)
      assert.equal(await outcome(user.get(`${CLIENT}/account/whoami`)), '200')
      const anonymous = request(server.url, 'PUT', v2User(user.userId), { locked: true })
      assert.equal(await outcome(anonymous), '401 M_MISSING_TOKEN')
      assert.equal(await outcome(user.put(v2User(pia.userId), { locked: true })), '403 M_FORBIDDEN')
    })
  })
})
