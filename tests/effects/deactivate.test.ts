/** What deactivating an account does, by each of the doors that lead there, and what it leaves alone. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, serverMatrix } from '@ranvier/testkit'
import { eventually } from '@ranvier/testkit/eventually'
import {
  actAs,
  CLIENT,
  enc,
  inRoom,
  joinedMembers,
  memberContent,
  outcome,
  outdatedDevices,
  readTexts,
  refusal,
  seesMembership,
  uploadKeys,
  V1,
  V2,
  v1User,
  v2User,
} from './cast.ts'

interface Doors {
  admin: Client
  user: Client
}

/** Synapse has three ways to deactivate; they do the same. */
const DOORS: Record<string, (who: Doors, erase?: boolean) => Promise<unknown>> = {
  'the call for it': ({ admin, user }, erase = false) =>
    admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase }),
  'changing the account': ({ admin, user }) => admin.put(v2User(user.userId), { deactivated: true }),
  'the user themselves': async ({ user }) => {
    const identifier = { type: 'm.id.user', user: user.userId }
    const password = `pw-${user.userId.slice(1).split(':')[0]}`
    const auth = { type: 'm.login.password', identifier, password }
    return user.post(`${CLIENT}/account/deactivate`, { auth })
  },
}

const key = 'A'.repeat(43)

/** An account with one of everything that deactivating takes away. */
async function richUser(server: Ranvier, admin: Client, name: string): Promise<Client> {
  const user = await server.register(name)
  const own = `${CLIENT}/user/${enc(user.userId)}`
  await admin.put(v2User(user.userId), {
    threepids: [{ medium: 'email', address: `${name}@example.org` }],
    external_ids: [{ auth_provider: 'oidc-x', external_id: name }],
  })
  await uploadKeys(user)
  await user.post(`${CLIENT}/keys/device_signing/upload`, {
    master_key: { user_id: user.userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } },
  })
  await user.post(`${CLIENT}/pushers/set`, {
    kind: 'http',
    app_id: 'org.example',
    pushkey: name,
    app_display_name: 'App',
    device_display_name: 'Phone',
    lang: 'en',
    data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
  })
  await user.put(`${own}/account_data/org.example.colour`, { colour: 'green' })
  await user.put(`${own}/account_data/m.ignored_user_list`, {
    ignored_users: { '@nuisance:ranvier.test': {} },
  })
  await user.put(`${CLIENT}/pushrules/global/content/cake`, { pattern: 'cake', actions: ['notify'] })
  await user.post(`${CLIENT}/room_keys/version`, {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: key, signatures: {} },
  })
  return user
}

serverMatrix((start) => {
  describe('deactivating', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start({
        configOverrides: { login_via_existing_session: { enabled: true, require_ui_auth: false } },
      })
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    for (const [number, [door, deactivate]] of Object.entries(DOORS).entries()) {
      test(`by ${door} takes away everything private before it answers`, async () => {
        const name = `uma${number}`
        const user = await richUser(server, admin, name)
        const { access_token: refreshable, refresh_token: refreshToken } = await request<{
          access_token: string
          refresh_token: string
        }>(server.url, 'POST', `${CLIENT}/login`, {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: name },
          password: `pw-${name}`,
          refresh_token: true,
        })
        const { login_token: loginToken } = await user.post<{ login_token: string }>(
          '/_matrix/client/v1/login/get_token',
        )
        const roomId = await user.createRoom({ preset: 'public_chat' })
        await pia.join(roomId)
        await user.send(roomId, 'from before')
        const since = (await pia.sync()).next_batch

        await deactivate({ admin, user })

        const details = await admin.get(v2User(user.userId))
        assert.deepEqual(
          { deactivated: details['deactivated'], erased: details['erased'], threepids: details['threepids'] },
          { deactivated: true, erased: false, threepids: [] },
        )
        assert.equal((await admin.get(v2User(user.userId, 'devices')))['total'], 0)
        assert.equal((await admin.get(v1User(user.userId, 'pushers')))['total'], 0)
        for (const token of [user.accessToken, refreshable]) {
          const body = await refusal(
            request(server.url, 'GET', `${CLIENT}/account/whoami`, undefined, { accessToken: token }),
          )
          assert.equal(body['errcode'], 'M_UNKNOWN_TOKEN')
          assert.notEqual(body['soft_logout'], true)
        }
        const refresh = { refresh_token: refreshToken }
        assert.match(await outcome(request(server.url, 'POST', `${CLIENT}/refresh`, refresh)), /^40[13] /)

        const keys = await pia.post<Record<string, Record<string, object>>>(`${CLIENT}/keys/query`, {
          device_keys: { [user.userId]: [] },
        })
        assert.deepEqual(keys['device_keys']?.[user.userId] ?? {}, {})
        assert.ok(keys['master_keys']?.[user.userId], 'public cross-signing keys stay')
        const claim = { one_time_keys: { [user.userId]: { [user.deviceId]: 'signed_curve25519' } } }
        const claimed = await pia.post<Record<string, Record<string, object>>>(`${CLIENT}/keys/claim`, claim)
        assert.deepEqual(claimed['one_time_keys']?.[user.userId] ?? {}, {})
        await pia.syncUntil((answer) => outdatedDevices(answer).includes(user.userId), { since })

        assert.equal(await outcome(Client.logIn(server.url, name)), '403 M_FORBIDDEN')
        const byToken = { type: 'm.login.token', token: loginToken }
        assert.match(await outcome(request(server.url, 'POST', `${CLIENT}/login`, byToken)), /^403 /)

        const puppet = await actAs(admin, user)
        assert.deepEqual(await puppet.get(`${CLIENT}/pushers`), { pushers: [] })
        const data = `${CLIENT}/user/${enc(user.userId)}/account_data`
        for (const type of ['org.example.colour', 'm.ignored_user_list'])
          assert.equal(await outcome(puppet.get(`${data}/${type}`)), '404 M_NOT_FOUND', type)
        assert.equal(await outcome(puppet.get(`${CLIENT}/pushrules/global/content/cake`)), '404 M_NOT_FOUND')
        assert.equal(await outcome(puppet.get(`${CLIENT}/room_keys/version`)), '404 M_NOT_FOUND')
      })
    }

    test('leaves the rooms in the background, turns invites and knocks down, and forgets them', async () => {
      const user = await server.register('vic')
      const joined = await pia.createRoom({ preset: 'public_chat' })
      const invited = await pia.createRoom({ invite: [user.userId] })
      const knocked = await pia.createRoom({
        initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
      })
      await user.join(joined)
      await user.post(`${CLIENT}/knock/${enc(knocked)}`)
      const since = (await pia.sync()).next_batch

      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)

      for (const roomId of [joined, invited, knocked])
        await seesMembership(pia, { roomId, userId: user.userId, membership: 'leave', since })
      assert.deepEqual(Object.keys(await joinedMembers(pia, joined)), [pia.userId])
      const puppet = await actAs(admin, user)
      const isForgotten = async () => (await outcome(puppet.get(inRoom(joined, 'messages?dir=b')))) !== '200'
      await eventually(isForgotten)
    })

    test('leaves alone what others have of the account', async () => {
      const user = await richUser(server, admin, 'wim')
      await admin.put(v2User(user.userId), { displayname: 'Wim', avatar_url: 'mxc://ranvier.test/wim' })
      await admin.put(v1User(user.userId, 'admin'), { admin: true })
      await admin.post(v1User(user.userId, 'override_ratelimit'), { messages_per_second: 7, burst_count: 8 })
      await admin.post(v1User(user.userId, 'shadow_ban'))
      await admin.delete(v1User(user.userId, 'shadow_ban'))
      const upload = await fetch(`${server.url}/_matrix/media/v3/upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': 'text/plain' },
        body: 'a file',
      })
      const { content_uri: mxc } = (await upload.json()) as { content_uri: string }
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await pia.join(roomId)
      await user.send(roomId, 'words')
      await pia.put(`${CLIENT}/user/${enc(pia.userId)}/account_data/m.ignored_user_list`, {
        ignored_users: { [user.userId]: {} },
      })
      const before = await admin.get(v2User(user.userId))

      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)

      const after = await admin.get(v2User(user.userId))
      for (const field of [
        'displayname',
        'avatar_url',
        'external_ids',
        'creation_ts',
        'admin',
        'shadow_banned',
      ])
        assert.deepEqual(after[field], before[field], field)
      assert.deepEqual(after['external_ids'], [{ auth_provider: 'oidc-x', external_id: 'wim' }])
      assert.deepEqual(await admin.get(v1User(user.userId, 'override_ratelimit')), {
        messages_per_second: 7,
        burst_count: 8,
      })
      assert.equal((await pia.get(`${CLIENT}/profile/${enc(user.userId)}`))['displayname'], 'Wim')
      const ignoring = `${CLIENT}/user/${enc(pia.userId)}/account_data/m.ignored_user_list`
      assert.deepEqual(await pia.get(ignoring), { ignored_users: { [user.userId]: {} } })
      await pia.put(ignoring, { ignored_users: {} })
      assert.deepEqual(await readTexts(pia, roomId), ['words'])
      const file = await fetch(
        `${server.url}/_matrix/client/v1/media/download/${mxc.slice('mxc://'.length)}`,
        {
          headers: { authorization: `Bearer ${pia.accessToken}` },
        },
      )
      assert.equal(await file.text(), 'a file')
      assert.equal((await admin.get(v1User(user.userId, 'media')))['total'], 1)
      assert.equal(await outcome(server.register('wim')), '400 M_USER_IN_USE')
      assert.equal(await outcome(admin.get(`${V1}/username_available?username=wim`)), '400 M_USER_IN_USE')
    })

    test('frees the address, hides the account from the list and shuts the doors of logging in', async () => {
      const user = await richUser(server, admin, 'xia')
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)

      const names = async (query: string) =>
        (await admin.get<{ users: { name: string }[] }>(`${V2}/users?name=xia${query}`)).users.map(
          ({ name }) => name,
        )
      assert.deepEqual(await names(''), [])
      assert.deepEqual(await names('&deactivated=true'), [user.userId])
      const address = { medium: 'email', address: 'xia@example.org' }
      const byAddress = () =>
        request(server.url, 'POST', `${CLIENT}/login`, {
          type: 'm.login.password',
          identifier: { type: 'm.id.thirdparty', ...address },
          password: 'pw-pia',
        })
      assert.equal(await outcome(byAddress()), '403 M_FORBIDDEN')
      await admin.put(v2User(pia.userId), { threepids: [address] })
      assert.equal(await outcome(byAddress()), '200')

      await admin.post(`${V1}/reset_password/${enc(user.userId)}`, { new_password: 'pw-again' })
      assert.equal(await outcome(Client.logIn(server.url, 'xia', 'pw-again')), '403 M_USER_DEACTIVATED')
      assert.equal(await outcome(Client.logIn(server.url, 'xia', 'pw-other')), '403 M_FORBIDDEN')
    })

    test('can be repeated, and be turned into erasure', async () => {
      const user = await server.register('yan')
      const deactivate = (body?: { erase: boolean }) =>
        admin.post(`${V1}/deactivate/${enc(user.userId)}`, body)
      for (let times = 0; times < 2; times++)
        assert.deepEqual(await deactivate(), { id_server_unbind_result: 'success' })
      assert.equal((await admin.get(v2User(user.userId)))['erased'], false)
      await deactivate({ erase: true })
      const details = await admin.get(v2User(user.userId))
      assert.deepEqual(
        { erased: details['erased'], displayname: details['displayname'] },
        { erased: true, displayname: null },
      )
      await deactivate()
      assert.equal((await admin.get(v2User(user.userId)))['erased'], true)
    })

    test('can be undone: the account is open again, and empty', async () => {
      const user = await richUser(server, admin, 'zoe')
      const roomId = await user.createRoom({ preset: 'public_chat' })
      await pia.join(roomId)
      const since = (await pia.sync()).next_batch
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase: true })
      await seesMembership(pia, { roomId, userId: user.userId, membership: 'leave', since })
      await admin.put(v2User(user.userId), { user_type: null })
      assert.equal((await admin.get(v2User(user.userId)))['deactivated'], true, 'only asked for it changes')
      await admin.put(v2User(user.userId), { displayname: 'Named meanwhile' })
      assert.equal((await admin.get(v2User(user.userId)))['displayname'], 'Named meanwhile')

      await admin.put(v2User(user.userId), { deactivated: false })
      assert.equal(await outcome(Client.logIn(server.url, 'zoe')), '403 M_FORBIDDEN')
      await admin.put(v2User(user.userId), { deactivated: false, password: 'pw-new' })

      const again = await Client.logIn(server.url, 'zoe', 'pw-new')
      const details = await admin.get(v2User(user.userId))
      assert.deepEqual(
        { deactivated: details['deactivated'], erased: details['erased'], threepids: details['threepids'] },
        { deactivated: false, erased: false, threepids: [] },
      )
      const { devices } = await again.get<{ devices: { device_id: string }[] }>(`${CLIENT}/devices`)
      assert.deepEqual(
        devices.map((device) => device.device_id),
        [again.deviceId],
      )
      assert.deepEqual(await again.get(`${CLIENT}/joined_rooms`), { joined_rooms: [] })
      const data = `${CLIENT}/user/${enc(user.userId)}/account_data/org.example.colour`
      assert.equal(await outcome(again.get(data)), '404 M_NOT_FOUND')
      assert.equal(await outcome(again.get(`${CLIENT}/room_keys/version`)), '404 M_NOT_FOUND')
      const invited = await pia.createRoom({ invite: [user.userId] })
      await again.join(invited)
      assert.equal((await memberContent(pia, invited, user.userId))?.['membership'], 'join')
    })
  })
})
