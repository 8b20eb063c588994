/** Kinds of accounts, the addresses they log in with, and who is found in the user directory. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, serverMatrix } from '@ranvier/testkit'
import { eventually } from '@ranvier/testkit/eventually'
import { CLIENT, enc, outcome, V1, V2, v2User } from './cast.ts'

serverMatrix((start) => {
  describe('accounts', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start({
        configOverrides: { allow_guest_access: true, user_directory: { search_all_users: true } },
      })
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    const logInBy = (identifier: Record<string, unknown>, password: string) =>
      outcome(
        request(server.url, 'POST', `${CLIENT}/login`, { type: 'm.login.password', identifier, password }),
      )
    const byEmail = (address: string, password: string) =>
      logInBy({ type: 'm.id.thirdparty', medium: 'email', address }, password)
    const emails = (...addresses: string[]) => ({
      threepids: addresses.map((address) => ({ medium: 'email', address })),
    })

    test('log in with the addresses an administrator gave them, in any case', async () => {
      const user = await server.register('uma')
      await admin.put(v2User(user.userId), {
        threepids: [
          { medium: 'email', address: 'Uma@Example.org' },
          { medium: 'msisdn', address: '447700900000' },
        ],
      })
      assert.equal(await byEmail('uma@example.ORG', 'pw-uma'), '200')
      const phone = { type: 'm.id.phone', country: 'GB', phone: '07700 900000' }
      assert.equal(await logInBy(phone, 'pw-uma'), '200')
      const msisdn = { type: 'm.id.thirdparty', medium: 'msisdn', address: '447700900000' }
      assert.equal(await logInBy(msisdn, 'pw-uma'), '200')
      const legacy = {
        type: 'm.login.password',
        medium: 'email',
        address: 'uma@example.org',
        password: 'pw-uma',
      }
      assert.equal(await outcome(request(server.url, 'POST', `${CLIENT}/login`, legacy)), '200')

      await admin.put(v2User(user.userId), emails('uma@new.example.org'))
      assert.equal(await byEmail('uma@example.org', 'pw-uma'), '403 M_FORBIDDEN')
      assert.equal(await logInBy(phone, 'pw-uma'), '403 M_FORBIDDEN')
      assert.equal(await byEmail('uma@new.example.org', 'pw-uma'), '200')
    })

    test('lose an address to whom it was given last', async () => {
      const [one, two] = [await server.register('vic'), await server.register('wim')]
      await admin.put(v2User(one.userId), emails('shared@example.org'))
      await admin.put(v2User(two.userId), emails('shared@example.org'))
      assert.deepEqual((await admin.get(v2User(one.userId)))['threepids'], [])
      assert.equal(await byEmail('shared@example.org', 'pw-vic'), '403 M_FORBIDDEN')
      assert.equal(await byEmail('shared@example.org', 'pw-wim'), '200')
      const { user_id: owner } = await admin.get(`${V1}/threepid/email/users/${enc('shared@example.org')}`)
      assert.equal(owner, two.userId)
    })

    test('keep an identity of a provider that another account wants', async () => {
      const [one, two] = [await server.register('xia'), await server.register('yan')]
      const identity = { auth_provider: 'oidc-x', external_id: 'id' }
      await admin.put(v2User(one.userId), { external_ids: [identity] })
      assert.equal(
        await outcome(admin.put(v2User(two.userId), { external_ids: [identity] })),
        '409 M_UNKNOWN',
      )
      assert.deepEqual((await admin.get(v2User(one.userId)))['external_ids'], [identity])
      const lookUp = () => admin.get(`${V1}/auth_providers/oidc-x/users/id`)
      assert.deepEqual(await lookUp(), { user_id: one.userId })
      await admin.put(v2User(one.userId), { external_ids: [] })
      assert.equal(await outcome(lookUp()), '404 M_NOT_FOUND')
    })

    const isFound = async (term: string): Promise<string[]> =>
      (
        await pia.post<{ results: { user_id: string }[] }>(`${CLIENT}/user_directory/search`, {
          search_term: term,
        })
      ).results.map((result) => result.user_id)
    const appears = (user: Client, term: string) =>
      eventually(async () => (await isFound(term)).includes(user.userId))
    const disappears = (user: Client, term: string) =>
      eventually(async () => !(await isFound(term)).includes(user.userId))

    test('are in the directory unless deactivated or locked, and again when that is over', async () => {
      const user = await server.register('findme')
      await appears(user, 'findme')
      await admin.put(v2User(user.userId), { locked: true })
      await disappears(user, 'findme')
      await admin.put(v2User(user.userId), { locked: false })
      await appears(user, 'findme')
      await admin.put(`${V1}/suspend/${enc(user.userId)}`, { suspend: true })
      assert.deepEqual(await isFound('findme'), [user.userId])

      await admin.post(`${V1}/deactivate/${enc(user.userId)}`, { erase: true })
      assert.deepEqual(await isFound('findme'), [], 'gone before the answer')
      await admin.put(v2User(user.userId), { displayname: 'findme renamed' })
      // Who is found later was looked at later: by then the new name would be found, too.
      const later = await server.register('findmetoo')
      await appears(later, 'findme')
      assert.deepEqual(await isFound('findme'), [later.userId])
      await admin.put(v2User(user.userId), { deactivated: false, password: 'pw' })
      await appears(user, 'findme')
    })

    test('of type support are in no directory, bots are', async () => {
      for (const [name, type] of [
        ['robot', 'bot'],
        ['helper', 'support'],
      ] as const)
        await admin.put(v2User(`@${name}:${server.serverName}`), {
          password: 'pw',
          user_type: type,
          displayname: `Searched ${name}`,
        })
      const robot = await Client.logIn(server.url, 'robot', 'pw')
      await appears(robot, 'searched')
      assert.deepEqual(await isFound('searched'), [robot.userId])
      const unknown = admin.put(v2User(robot.userId), { user_type: 'machine' })
      assert.equal(await outcome(unknown), '400 M_UNKNOWN')
      assert.equal((await admin.get(v2User(robot.userId)))['user_type'], 'bot')
    })

    test('of guests are numbered, marked and kept out of what guests may not', async () => {
      const answer = await request<{ user_id: string; access_token: string; device_id: string }>(
        server.url,
        'POST',
        `${CLIENT}/register?kind=guest`,
        {},
      )
      const guest = new Client(server.url, {
        userId: answer.user_id,
        deviceId: answer.device_id,
        accessToken: answer.access_token,
      })
      assert.match(guest.userId, /^@\d+:/)
      assert.equal((await admin.get(v2User(guest.userId)))['is_guest'], true)
      const names = async (query: string) =>
        (await admin.get<{ users: { name: string }[] }>(`${V2}/users?${query}`)).users.map(({ name }) => name)
      assert.ok((await names('')).includes(guest.userId))
      assert.ok(!(await names('guests=false')).includes(guest.userId))
      assert.equal(await outcome(server.register('12345')), '400 M_INVALID_USERNAME')
      assert.match(await outcome(guest.get(`${V2}/users`)), /^403 M_(GUEST_ACCESS_)?FORBIDDEN$/)
      const created = guest.post(`${CLIENT}/createRoom`, {})
      assert.equal(await outcome(created), '403 M_GUEST_ACCESS_FORBIDDEN')
    })
  })
})
