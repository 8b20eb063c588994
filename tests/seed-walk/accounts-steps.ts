import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, matrixError, request } from '@ranvier/testkit'
import { assertFields, assertRecentMs, WAYS, type Walk } from './walk.ts'

const V2 = '/_synapse/admin/v2'
const AVATAR = 'mxc://ranvier.test/avatar'

/** Two addresses and identities nobody else has. */
const contacts = (name: string) => ({
  threepids: [
    { medium: 'email', address: `${name}-1@example.org` },
    { medium: 'email', address: `${name}-2@example.org` },
  ],
  external_ids: [
    { auth_provider: 'provider1', external_id: `${name}_at_1` },
    { auth_provider: 'provider2', external_id: `${name}_at_2` },
  ],
})

export function querySteps(walk: () => Walk): void {
  test('Query User Account', async () => {
    const { admin, compat, id, flag } = steps(walk())
    await admin.put(`${V2}/users/${id('query')}`, {
      password: 'user_password',
      displayname: 'User',
      avatar_url: AVATAR,
      ...contacts('query'),
    })

    const user = await walk().get(`${V2}/users/${id('query')}`)

    assert.equal(user.displayname, 'User')
    assert.equal(user.avatar_url, AVATAR)
    const { threepids, external_ids } = contacts('query')
    assert.equal(user.threepids.length, 2)
    for (const threepid of user.threepids) {
      assertRecentMs(threepid.added_at)
      assertRecentMs(threepid.validated_at)
    }
    const addresses = user.threepids.map(({ medium, address }: Record<string, string>) => ({
      medium,
      address,
    }))
    assert.deepEqual(byJson(addresses), byJson(threepids))
    assert.deepEqual(byJson(user.external_ids), byJson(external_ids))
    for (const name of ['admin', 'deactivated', 'shadow_banned']) assert.equal(user[name], flag(false), name)
    assertFields(user, { creation_ts: 'integer' })
    assertRecentMs(user.creation_ts * 1000) // ten digits on the page: seconds
    for (const name of ['appservice_id', 'consent_server_notice_sent', 'consent_version', 'user_type'])
      assert.equal(user[name], null, name)
    if (compat === '2021') assert.match(user.password_hash, /^\$2b\$/)
    else assert.equal('password_hash' in user, false)
    assert.deepEqual(await walk().get(`${V2}/users/${encodeURIComponent(id('query'))}`), user)
    await walk().refused(404, 'M_NOT_FOUND', 'GET', `${V2}/users/${id('nobody')}`)
  })
}

export function createOrModifySteps(walk: () => Walk): void {
  test('Create or modify Account', async () => {
    const { server, id, flag, send, ok } = steps(walk())
    for (const way of WAYS) {
      const name = `create-${way}`
      const path = `${V2}/users/${id(name)}`
      const body = {
        password: 'user_password',
        displayname: 'User',
        ...contacts(name),
        avatar_url: AVATAR,
        admin: false,
        deactivated: false,
        user_type: null,
      }

      const created = await send(way, 'PUT', path, body)
      const session = await Client.logIn(server.url, name, 'user_password')
      const modified = await send(way, 'PUT', path, body)

      assert.deepEqual([created.status, modified.status], [201, 200])
      for (const { body: user } of [created, modified]) {
        assert.deepEqual([user.displayname, user.avatar_url], ['User', AVATAR])
        assert.deepEqual([user.admin, user.deactivated, user.user_type], [flag(false), flag(false), null])
        assert.equal(user.threepids.length, 2)
        assert.deepEqual(byJson(user.external_ids), byJson(body.external_ids))
      }
      await assert.rejects(session.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'), 'a password logs devices out')

      // "If the user already exists then optional parameters default to the current value."
      assert.deepEqual(await ok(way, 'PUT', path, {}), modified.body)
    }
  })

  test('Create or modify Account: each body parameter', async () => {
    const { server, id, flag, send, ok } = steps(walk())
    const path = `${V2}/users/${id('params')}`
    const put = (body: object) => ok('header', 'PUT', path, body)

    const { status, body: fresh } = await send('header', 'PUT', path, {})
    assert.equal(status, 201)
    assert.equal(fresh.displayname, 'params')
    assert.deepEqual([fresh.admin, fresh.deactivated], [flag(false), flag(false)])
    assert.equal((await put({ displayname: 'New name' })).displayname, 'New name')
    assert.equal(
      (await put({ avatar_url: 'mxc://ranvier.test/other' })).avatar_url,
      'mxc://ranvier.test/other',
    )
    const phone = { medium: 'msisdn', address: '447700900000' }
    const { threepids } = await put({ threepids: [phone] })
    assert.deepEqual(
      [threepids[0].medium, threepids[0].address, threepids.length],
      [...Object.values(phone), 1],
    )
    assert.deepEqual((await put({ threepids: [] })).threepids, [])
    const identity = { auth_provider: 'p', external_id: 'e' }
    assert.deepEqual((await put({ external_ids: [identity] })).external_ids, [identity])
    assert.deepEqual((await put({ external_ids: [] })).external_ids, [])
    assert.equal((await put({ admin: true })).admin, flag(true))
    assert.equal((await put({ admin: false })).admin, flag(false))
    for (const userType of ['bot', 'support', null])
      assert.equal((await put({ user_type: userType })).user_type, userType)
    await walk().refused(400, 'M_UNKNOWN', 'PUT', path, { user_type: 'king' })

    await put({ password: 'first' })
    const closed = await put({ deactivated: true })
    assert.equal(closed.deactivated, flag(true))
    assert.equal(closed.erased, false, 'a user cannot be erased by this call')
    const logIn = (password: string) => Client.logIn(server.url, 'params', password)
    await assert.rejects(logIn('first'), matrixError(403, 'M_FORBIDDEN'))
    assert.equal((await put({ displayname: 'Still' })).deactivated, flag(true), 'unspecified: unchanged')
    const opened = await put({ deactivated: false, password: 'second' })
    assert.equal(opened.deactivated, flag(false))
    await (await logIn('second')).logOut()
  })
}

export function listSteps(walk: () => Walk): void {
  test('List Accounts', async () => {
    const { server, admin, id, flag, get } = steps(walk())
    await walk().person('list-one', { displayname: '< User One>' })
    await walk().person('list-two', { displayname: '< User Two>', avatar_url: AVATAR, admin: true })
    await walk().person('list-gone', { displayname: 'Nobody' })
    await admin.put(`${V2}/users/${id('list-gone')}`, { deactivated: true })
    const guest = await request(
      server.url,
      'POST',
      '/_matrix/client/v3/register',
      {},
      { query: { kind: 'guest' } },
    )

    const page = await get(`${V2}/users?from=0&limit=10&guests=false`)

    assertFields(page, { users: 'array', total: 'integer' })
    const names = page.users.map(({ name }: { name: string }) => name)
    assert.deepEqual(names, names.toSorted(), 'by ascending user id')
    for (const user of page.users) {
      const truth = walk().compat === '2021' ? 'integer' : 'boolean'
      assertFields(user, {
        name: 'string',
        is_guest: truth,
        admin: truth,
        user_type: ['string', 'null'],
        deactivated: truth,
        shadow_banned: truth,
        displayname: ['string', 'null'],
        avatar_url: ['string', 'null'],
        creation_ts: 'integer',
      })
      assertRecentMs(user.creation_ts)
    }
    const two = (await get(`${V2}/users?user_id=list-two`)).users[0]
    assert.deepEqual(
      [
        two.name,
        two.is_guest,
        two.admin,
        two.deactivated,
        two.shadow_banned,
        two.displayname,
        two.avatar_url,
      ],
      [id('list-two'), flag(false), flag(true), flag(false), flag(false), '< User Two>', AVATAR],
    )

    const found = async (query: string) =>
      (await get(`${V2}/users?${query}`)).users.map(({ name }: { name: string }) => name)
    assert.deepEqual(await found('user_id=list-'), [id('list-one'), id('list-two')])
    assert.deepEqual(await found('name=list-o'), [id('list-one')])
    assert.deepEqual(await found(`name=${encodeURIComponent('User Two')}`), [id('list-two')])
    assert.deepEqual(await found('name=list-one&user_id=list-two'), [id('list-one')], 'user_id is ignored')
    assert.deepEqual(
      await found('user_id=list-&deactivated=true'),
      ['gone', 'one', 'two'].map((n) => id(`list-${n}`)),
    )
    assert.ok((await found('')).includes(guest['user_id'] as string), 'guests are there by default')
    assert.ok((await found('guests=true')).includes(guest['user_id'] as string))
    assert.equal((await found('guests=false')).includes(guest['user_id']), false)
  })

  test('List Accounts: paginate until there is no next_token', async () => {
    const { get } = steps(walk())
    const whole = await get(`${V2}/users`)
    const seen: string[] = []
    let from = '0'
    for (let pages = 1; ; pages++) {
      const page = await get(`${V2}/users?from=${from}&limit=2`)
      assert.equal(page.total, whole.total)
      seen.push(...page.users.map(({ name }: { name: string }) => name))
      if (page.next_token === undefined) {
        assert.equal(pages, Math.ceil(whole.total / 2))
        break
      }
      assertFields(page, { next_token: 'string' })
      from = page.next_token
    }
    assert.deepEqual(
      seen,
      whole.users.map(({ name }: { name: string }) => name),
    )
  })

  test('List Accounts: every order, in both directions', async () => {
    const { get } = steps(walk())
    for (const order of [
      'name',
      'is_guest',
      'admin',
      'user_type',
      'deactivated',
      'shadow_banned',
      'displayname',
      'avatar_url',
      'creation_ts',
    ]) {
      const path = `${V2}/users?deactivated=true&order_by=${order}`
      const forwards = (await get(path)).users
      assert.deepEqual(forwards, sortedBy(order, forwards, 1), `${order} forwards, then by name`)
      assert.deepEqual((await get(`${path}&dir=f`)).users, forwards)
      const backwards = (await get(`${path}&dir=b`)).users
      assert.deepEqual(backwards, sortedBy(order, forwards, -1), `${order} backwards, then by name`)
    }
    await walk().refused(400, 'M_INVALID_PARAM', 'GET', `${V2}/users?order_by=age`)
    await walk().refused(400, 'M_INVALID_PARAM', 'GET', `${V2}/users?dir=up`)
  })
}

/** The methods of a walk, to be called without it. */
export function steps(walk: Walk) {
  return {
    server: walk.server,
    admin: walk.admin,
    compat: walk.compat,
    id: walk.id.bind(walk),
    flag: walk.flag.bind(walk),
    send: walk.send.bind(walk),
    ok: walk.ok.bind(walk),
    get: walk.get.bind(walk),
  }
}

type Row = Record<string, string | number | boolean | null>

/** By the field, nothing before something, then always by ascending `tie`. */
export function sortedBy(field: string, rows: readonly Row[], sign: 1 | -1, tie = 'name'): Row[] {
  const compare = (a: Row[string], b: Row[string]): number => {
    if (a === b) return 0
    if (a === null || a === undefined) return -1
    if (b === null || b === undefined) return 1
    return a < b ? -1 : 1
  }
  return rows.toSorted((a, b) => sign * compare(a[field]!, b[field]!) || compare(a[tie]!, b[tie]!))
}

function byJson(items: readonly object[]): string[] {
  return items.map((item) => JSON.stringify(Object.entries(item).sort())).sort()
}
