import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../whole-server-fixture.ts'
import { bulkCalls } from './fixture.ts'

const NOTICES = { serverNotices: { localpart: 'notices', displayName: null, avatarUrl: null, roomName: 'x' } }

databaseMatrix((open) => {
  test('flags are set and taken from a list of accounts, each once', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const bulk = bulkCalls(server, admin)
    const users = [alice.userId, bob.userId, alice.userId, '@nobody:test']
    const account = (userId: string) => storage.read.accounts.get(userId)

    for (const [on, off, flag] of [
      ['suspend', 'unsuspend', 'suspended'],
      ['shadow_ban', 'unshadow_ban', 'shadowBanned'],
      ['lock', 'unlock', 'locked'],
    ] as const) {
      const { state, ends } = await bulk.run({ action: on, users })
      assert.deepEqual(ends, [
        `${alice.userId} done`,
        `${bob.userId} done`,
        '@nobody:test failed: User not found',
      ])
      const { job_id, created_ts, updated_ts, ...rest } = state
      assert.deepEqual(rest, {
        action: on,
        by: admin.userId,
        status: 'complete',
        gathered: true,
        total: 3,
        done: 2,
        unchanged: 0,
        failed: 1,
      })
      assert.equal((await account(alice.userId))[flag], true)
      const again = await bulk.run({ action: on, users: [alice.userId] })
      assert.deepEqual([again.state.unchanged, again.state.done], [1, 0])
      await bulk.run({ action: off, users: [alice.userId] })
      assert.deepEqual(
        [(await account(alice.userId))[flag], (await account(bob.userId))[flag]],
        [false, true],
      )
      await bulk.run({ action: off, users: [bob.userId] })
    }
  })

  test('accounts found by a filter are deactivated; who asks and who sends the notices are spared', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, {
      config: (config) => ({ ...config, ...NOTICES }) as never,
    })
    const admin = await server.person('spam-admin', { admin: true })
    const victims = []
    for (let i = 0; i < 25; i++) victims.push(await server.person(`spammer${String(i).padStart(2, '0')}`))
    const bystander = await server.person('bystander')
    await storage.write((tx) =>
      tx.accounts.create({ userId: '@notices:test' as never, createdTs: 1, displayname: 'no spam' }),
    )
    const room = await server.createRoom(bystander)
    await server.join(victims[3]!, room)
    const bulk = bulkCalls(server, admin)
    const wish = { action: 'erase', filter: { name: 'spam' } }

    const preview = await bulk.preview(wish)
    assert.deepEqual(
      [preview.body.total, preview.body.exact, preview.body.excluded],
      [25, true, ['@notices:test', admin.userId]],
    )
    assert.equal(preview.body.sample.length, 20)
    assert.deepEqual(preview.body.sample[0], { item: victims[0]!.userId, would: 'change' })
    assert.equal((await storage.read.accounts.get(victims[0]!.userId)).deactivated, false)

    const { state, ends } = await bulk.run(wish)
    assert.deepEqual([state.total, state.done, state.status], [25, 25, 'complete'])
    assert.deepEqual(
      ends,
      victims.map(({ userId }) => `${userId} done`),
    )
    for (const { userId, token } of victims) {
      const { deactivated, erased } = await storage.read.accounts.get(userId)
      assert.deepEqual([deactivated, erased], [true, true])
      assert.equal((await server.call('GET', '/account/whoami', { token })).status, 401)
    }
    assert.equal((await storage.read.members.find(room, victims[3]!.userId))!.membership, 'leave')
    for (const userId of [admin.userId, '@notices:test', bystander.userId])
      assert.equal((await storage.read.accounts.get(userId)).deactivated, false)
    // Named, they are reached.
    const named = await bulk.run({ action: 'suspend', users: ['@notices:test'] })
    assert.equal(named.state.done, 1)
  })

  test('a filter finds what the list of accounts finds', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    for (const name of ['anna', 'bella', 'cora']) await server.person(name)
    await server.person('dora', { admin: true })
    await server.ok('PUT', '/_synapse/admin/v2/users/@bella:test', { token, body: { locked: true } })
    await server.ok('PUT', '/_synapse/admin/v2/users/@cora:test', {
      token,
      body: { user_type: 'bot', displayname: 'Änne 100%' },
    })
    await server.ok('POST', '/_synapse/admin/v1/deactivate/@anna:test', { token, body: {} })
    await storage.write((tx) =>
      tx.accounts.create({ userId: '@7:test' as never, createdTs: 1, isGuest: true }),
    )
    const bulk = bulkCalls(server, admin)
    for (const [filter, query] of [
      [{ guests: true }, 'guests=true'],
      [{ guests: false }, 'guests=false'],
      [{ locked: true }, 'locked=true'],
      [{ deactivated: true }, 'deactivated=true'],
      [{ deactivated: false, locked: true }, 'deactivated=false&locked=true'],
      [{ admins: true }, 'admins=true'],
      [{ admins: false }, 'admins=false'],
      [{ not_user_type: ['bot'] }, 'not_user_type=bot'],
      [{ not_user_type: [''] }, 'not_user_type='],
      [{ name: 'änn' }, 'name=änn'],
      [{ name: '0%' }, 'name=0%25'],
      [{ name: 'nn' }, 'name=nn'],
      [{ user_id: 'A:te' }, 'user_id=A:te'],
      [{ user_id: 'ora' }, 'user_id=ora'],
    ] as const) {
      const listed = await server.ok('GET', `/_synapse/admin/v3/users?${encodeURI(decodeURI(query))}`, {
        token,
      })
      const names = listed.users.map(({ name }: { name: string }) => name)
      const expected = names.filter((name: string) => name !== admin.userId)
      const preview = await bulk.preview({ action: 'log_out', filter })
      assert.equal(preview.body.total, expected.length, query)
      assert.deepEqual(preview.body.excluded, names.includes(admin.userId) ? [admin.userId] : [], query)
      const started = await bulk.start({ action: 'redact', filter })
      await server.jobsDone()
      const { items } = await bulk.items(started.body.job_id)
      assert.deepEqual(
        items.map(({ item }) => item),
        expected,
        query,
      )
    }
  })

  test('users are logged out, and what they have sent and uploaded is taken away', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const room = await server.createRoom(alice)
    const said = await server.say(alice, room, 'bad')
    for (let i = 0; i < 230; i++)
      await storage.write((tx) =>
        tx.media.add({
          mediaId: `m${i}`,
          userId: alice.userId,
          mediaType: 'text/plain',
          mediaLength: 1,
          uploadName: null,
          createdTs: i,
          lastAccessTs: null,
          quarantinedBy: null,
          safeFromQuarantine: i === 7,
          authenticated: true,
          sha256: String(i).padStart(64, '0'),
          urlCache: null,
        }),
      )
    const bulk = bulkCalls(server, admin)
    const users = [alice.userId, bob.userId]

    const redacted = await bulk.run({ action: 'redact', users: [...users, '@x:elsewhere'], reason: 'Spam' })
    assert.deepEqual(
      redacted.ends,
      [...users, '@x:elsewhere'].map((userId) => `${userId} done`),
    )
    const event = await server.event(alice, room, said)
    assert.deepEqual(event.content, {})
    assert.equal(event.unsigned.redacted_because.content.reason, 'Spam')

    const first = await bulk.run({ action: 'quarantine_media', users })
    assert.deepEqual(first.ends, [`${alice.userId} done`, `${bob.userId} unchanged`])
    const { items } = await bulk.items(first.state.job_id, '?state=done')
    assert.deepEqual(
      items.map(({ affected }) => affected),
      [229],
      'all but the protected one',
    )
    const media = ['mxc://test/m7', 'mxc://test/m8', 'mxc://test/none']
    const files = await bulk.run({ action: 'quarantine_media', media })
    assert.deepEqual(files.ends, [
      'mxc://test/m7 failed: The file is protected from quarantine',
      'mxc://test/m8 unchanged',
      'mxc://test/none failed: Media not found',
    ])

    const out = await bulk.run({ action: 'log_out', users })
    assert.equal(out.state.done, 2)
    for (const { token } of [alice, bob])
      assert.equal((await server.call('GET', '/account/whoami', { token })).status, 401)
    await server.ok('GET', '/account/whoami', { token: admin.token })
  })
})
