import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT_ORDERS } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type AccountServer, accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const V2 = '/_synapse/admin/v2/users'
  const V3 = '/_synapse/admin/v3/users'

  interface Listed {
    names: string[]
    total: number
    next: string | undefined
  }

  /** Accounts that differ in everything one can sort and filter by. `admin` is the caller. */
  async function withPeople() {
    const server = await accountServer({ open })
    const admin = await server.user('admin', { admin: true })
    await server.storage.write(async (tx) => {
      const add = (name: string, more: object = {}) =>
        tx.accounts.create({ userId: `@${name}:test` as never, createdTs: 1, displayname: name, ...more })
      await add('anna', { displayname: 'Zoë 100%', avatarUrl: 'mxc://test/b', createdTs: 900 })
      await add('bert', { displayname: null, userType: 'bot', createdTs: 800 })
      await add('carl', { deactivated: true, erased: true, displayname: null })
      await add('dora', { locked: true, shadowBanned: true })
      await add('emil', { isGuest: true, avatarUrl: 'mxc://test/a' })
      await add('fred', { userType: 'support', displayname: 'ZOË_Two' })
      await tx.accounts.touch(new Map([['@bert:test', 500]]))
    })
    const list = async (query = '', path = V2): Promise<Listed> => {
      const { status, body } = await server.call('GET', `${path}?${query}`, { token: admin.token })
      assert.equal(status, 200, JSON.stringify(body))
      const names = body.users.map((user: { name: string }) => user.name.slice(1, -5))
      return { names, total: body.total, next: body.next_token }
    }
    return { server, admin, list, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('an item of the list has the documented members', async () => {
    await using it = await withPeople()

    const { body } = await it.server.call('GET', `${V2}?name=anna`, { token: it.admin.token })

    assert.deepEqual(body, {
      users: [
        {
          name: '@anna:test',
          user_type: null,
          is_guest: false,
          admin: false,
          deactivated: false,
          shadow_banned: false,
          displayname: 'Zoë 100%',
          avatar_url: 'mxc://test/b',
          creation_ts: 900,
          last_seen_ts: null,
          erased: false,
          locked: false,
          approved: true,
        },
      ],
      total: 1,
    })
  })

  test('deactivated and locked accounts are hidden unless asked for', async () => {
    await using it = await withPeople()

    assert.deepEqual(await it.list(), {
      names: ['admin', 'anna', 'bert', 'emil', 'fred'],
      total: 5,
      next: undefined,
    })
    assert.deepEqual((await it.list('deactivated=true')).names, [
      'admin',
      'anna',
      'bert',
      'carl',
      'emil',
      'fred',
    ])
    assert.deepEqual((await it.list('locked=true')).names, ['admin', 'anna', 'bert', 'dora', 'emil', 'fred'])
    assert.equal((await it.list('locked=true&deactivated=true')).total, 7)
    assert.deepEqual((await it.list('', V3)).names, ['admin', 'anna', 'bert', 'carl', 'emil', 'fred'])
    assert.deepEqual(await it.list('deactivated=true', V3), { names: ['carl'], total: 1, next: undefined })
    assert.equal((await it.list('deactivated=false', V3)).total, 5)
  })

  test('guests, administrators and types are filtered', async () => {
    await using it = await withPeople()

    assert.deepEqual((await it.list('guests=false')).names, ['admin', 'anna', 'bert', 'fred'])
    assert.deepEqual(await it.list('admins=true'), { names: ['admin'], total: 1, next: undefined })
    assert.deepEqual(await it.list('admins=false&guests=false'), {
      names: ['anna', 'bert', 'fred'],
      total: 3,
      next: undefined,
    })
    assert.deepEqual((await it.list('not_user_type=bot')).names, ['admin', 'anna', 'emil', 'fred'])
    assert.deepEqual((await it.list('not_user_type=&not_user_type=bot')).names, ['fred'])
    assert.equal((await it.list('not_user_type=')).total, 2)
  })

  test('names and ids are searched by part, in any letter case, wildcards meaning themselves', async () => {
    await using it = await withPeople()

    assert.deepEqual(await it.list('name=ZO%C3%8B'), { names: ['anna', 'fred'], total: 2, next: undefined })
    assert.deepEqual((await it.list('name=ANN')).names, ['anna'])
    assert.deepEqual((await it.list('name=%25')).names, ['anna'])
    assert.deepEqual((await it.list('name=_two')).names, ['fred'])
    assert.deepEqual((await it.list('name=test')).names, [], 'the server is no part of the localpart')
    assert.deepEqual((await it.list('user_id=B')).names, ['bert'])
    assert.deepEqual((await it.list('user_id=a:TEST')).names, ['anna'])
    assert.deepEqual((await it.list('user_id=zzz&name=anna')).names, ['anna'], 'name wins')
    assert.deepEqual((await it.list('name=')).total, 5)
  })

  test('every order goes both ways, and equal ones by ascending name', async () => {
    await using it = await withPeople()
    const everybody = 'locked=true&deactivated=true'
    const expected: Record<string, [string, string]> = {
      name: ['admin anna bert carl dora emil fred', 'fred emil dora carl bert anna admin'],
      is_guest: ['admin anna bert carl dora fred emil', 'emil admin anna bert carl dora fred'],
      admin: ['anna bert carl dora emil fred admin', 'admin anna bert carl dora emil fred'],
      user_type: ['admin anna carl dora emil bert fred', 'fred bert admin anna carl dora emil'],
      deactivated: ['admin anna bert dora emil fred carl', 'carl admin anna bert dora emil fred'],
      shadow_banned: ['admin anna bert carl emil fred dora', 'dora admin anna bert carl emil fred'],
      locked: ['admin anna bert carl emil fred dora', 'dora admin anna bert carl emil fred'],
      displayname: ['bert carl fred anna admin dora emil', 'emil dora admin anna fred bert carl'],
      avatar_url: ['admin bert carl dora fred emil anna', 'anna emil admin bert carl dora fred'],
      creation_ts: ['carl dora emil fred bert anna admin', 'admin anna bert carl dora emil fred'],
    }
    for (const [order, [forwards, backwards]] of Object.entries(expected)) {
      assert.equal((await it.list(`${everybody}&order_by=${order}`)).names.join(' '), forwards, order)
      assert.equal(
        (await it.list(`${everybody}&order_by=${order}&dir=b`)).names.join(' '),
        backwards,
        `${order} b`,
      )
    }
    const seen = (await it.list(`${everybody}&order_by=last_seen_ts&dir=b`)).names
    assert.deepEqual(seen, ['admin', 'bert', 'anna', 'carl', 'dora', 'emil', 'fred'])
    assert.equal(ACCOUNT_ORDERS.length, Object.keys(expected).length + 1)
  })

  test('clients of 2021 are shown the flags of their time as numbers', async () => {
    await using server = await accountServer({ open, compat: '2021' })
    const admin = await server.user('admin', { admin: true })
    await server.storage.write((tx) =>
      tx.accounts.create({ userId: '@gone:test' as never, createdTs: 1, deactivated: true, erased: true }),
    )

    const { body } = await server.call('GET', V3, { token: admin.token })

    const shown = body.users.map((user: Record<string, unknown>) => [user['admin'], user['deactivated']])
    assert.deepEqual(shown, [
      [1, 0],
      [0, 1],
    ])
    const { is_guest, shadow_banned, erased, approved } = body.users[1]
    assert.deepEqual([is_guest, shadow_banned, erased, approved], [0, 0, true, true])
  })

  test('pages follow each other without gaps', async () => {
    await using it = await withPeople()

    assert.deepEqual(await it.list('limit=2'), { names: ['admin', 'anna'], total: 5, next: '2' })
    assert.deepEqual(await it.list('limit=2&from=2'), { names: ['bert', 'emil'], total: 5, next: '4' })
    assert.deepEqual(await it.list('limit=2&from=4'), { names: ['fred'], total: 5, next: undefined })
    assert.deepEqual(await it.list('limit=5'), {
      names: ['admin', 'anna', 'bert', 'emil', 'fred'],
      total: 5,
      next: undefined,
    })
    assert.deepEqual(await it.list('limit=0&from=1'), { names: [], total: 5, next: '1' })
    assert.deepEqual(await it.list('from=99'), { names: [], total: 5, next: undefined })
  })

  test('bad parameters are refused', async () => {
    await using it = await withPeople()
    const statusOf = async (server: AccountServer, query: string) => {
      const { status, body } = await server.call('GET', `${V2}?${query}`, { token: it.admin.token })
      return [status, body.errcode]
    }
    for (const query of [
      'from=-1',
      'limit=-5',
      'limit=x',
      'order_by=bar',
      'order_by=Name',
      'dir=x',
      'guests=1',
      'deactivated=',
      'deactivated=True',
      'admins=no',
      'locked=x',
    ])
      assert.deepEqual(await statusOf(it.server, query), [400, 'M_INVALID_PARAM'], query)
    assert.deepEqual(await statusOf(it.server, 'user_id=%C3%A9'), [400, 'M_UNKNOWN'])
  })
})
