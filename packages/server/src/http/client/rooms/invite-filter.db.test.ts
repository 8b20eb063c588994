import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wholeServer } from '../../admin/whole-server-fixture.ts'

const TYPE = 'org.matrix.msc4155.invite_permission_config'

const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

databaseMatrix((open) => {
  test('a user takes, ignores or refuses invites by who sends them', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const set = (content: object) =>
      server.ok('PUT', `/user/${encodeURIComponent(alice.userId)}/account_data/${TYPE}`, {
        token: alice.token,
        body: content,
      })
    async function invited(): Promise<string> {
      const roomId = await server.createRoom(bob)
      const { status, body } = await server.call('POST', `${server.room(roomId)}/invite`, {
        token: bob.token,
        body: { user_id: alice.userId },
      })
      if (status !== 200) return `${status} ${body.errcode}`
      const { rooms } = await server.ok('GET', '/sync', { token: alice.token })
      const isShown = rooms?.invite?.[roomId] !== undefined
      const lists = { all: { ranges: [[0, 99]], timeline_limit: 1 } }
      const sliding = await server.ok('POST', SLIDING, { token: alice.token, body: { lists } })
      assert.equal(sliding.rooms[roomId] !== undefined, isShown)
      return isShown ? 'shown' : 'hidden'
    }

    assert.equal(await invited(), 'shown')
    const cases: [object, string][] = [
      [{ blocked_users: [bob.userId] }, '403 M_INVITE_BLOCKED'],
      [{ ignored_users: ['@b*:test'] }, 'hidden'],
      [{ blocked_servers: ['te?t'] }, '403 M_INVITE_BLOCKED'],
      [{ ignored_servers: ['test'] }, 'hidden'],
      [{ blocked_servers: ['other'] }, 'shown'],
      [{ allowed_users: [bob.userId], blocked_servers: ['*'] }, 'shown'],
      [{ blocked_users: [bob.userId], allowed_servers: ['test'] }, '403 M_INVITE_BLOCKED'],
      [{ ignored_users: [bob.userId], blocked_users: [bob.userId] }, 'hidden'],
      [{ blocked_users: bob.userId, blocked_servers: [1, null] }, 'shown'],
      [{ enabled: false, blocked_users: [bob.userId] }, 'shown'],
    ]
    for (const [config, outcome] of cases) {
      await set(config)
      assert.equal(await invited(), outcome, JSON.stringify(config))
    }
  })
})
