import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { wiredServer } from '../../wired-server.ts'

const DAY_MS = 86_400_000
const ALICE = '@alice:test' as UserId
const AVATAR = `/profile/${ALICE}/avatar_url`

async function addPicture(storage: Storage, mediaId: string, mediaType: string, mediaLength: number) {
  await storage.write((tx) =>
    tx.media.add({
      mediaId,
      userId: ALICE,
      mediaType,
      mediaLength,
      uploadName: null,
      createdTs: 1,
      lastAccessTs: null,
      quarantinedBy: null,
      safeFromQuarantine: false,
      authenticated: true,
      sha256: mediaId.repeat(8),
      urlCache: null,
    }),
  )
}

databaseMatrix((open) => {
  test('only pictures that the configuration lets be are avatars', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      max_avatar_size: '1K',
      allowed_avatar_mimetypes: ['image/png'],
    })
    const alice = await server.register('alice')
    await addPicture(storage, 'small', 'image/png', 1024)
    await addPicture(storage, 'large', 'image/png', 1025)
    await addPicture(storage, 'other', 'image/svg+xml', 10)
    const set = (avatar_url: string) => server.call(alice, 'PUT', AVATAR, { avatar_url })

    for (const refused of [
      'mxc://test/large',
      'mxc://test/other',
      'mxc://test/none',
      'mxc://else/small',
      'x',
    ]) {
      const { status, body } = await set(refused)
      assert.deepEqual([status, body.errcode], [403, 'M_FORBIDDEN'], refused)
    }
    assert.equal((await set('mxc://test/small')).status, 200)
    assert.equal((await server.ok(alice, 'GET', AVATAR)).avatar_url, 'mxc://test/small')
    assert.equal((await server.call(alice, 'DELETE', AVATAR)).status, 200)
  })

  test('nor do administrators or the rooms of users have other pictures', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { max_avatar_size: '1K' })
    const alice = await server.register('alice')
    const admin = await server.register('admin')
    await storage.write((tx) => tx.accounts.update('@admin:test' as UserId, { admin: true }))
    await addPicture(storage, 'small', 'image/png', 1024)
    const roomId = (await server.ok(alice, 'POST', '/createRoom', {})).room_id
    const member = `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${ALICE}`
    const inRoom = (content: object) => server.call(alice, 'PUT', member, { membership: 'join', ...content })
    const put = (userId: string, avatar_url: string) =>
      server.call(admin, 'PUT', `/_synapse/admin/v2/users/${userId}`, { avatar_url })
    const outcome = ({ status, body }: Awaited<ReturnType<typeof put>>) => [status, body.errcode]

    assert.deepEqual(outcome(await put(ALICE, 'mxc://else/x')), [403, 'M_FORBIDDEN'])
    assert.deepEqual(outcome(await put('@new:test', 'mxc://else/x')), [403, 'M_FORBIDDEN'])
    assert.equal(await storage.read.accounts.find('@new:test'), undefined, 'nothing is left behind')
    assert.deepEqual(outcome(await inRoom({ avatar_url: 'mxc://else/x' })), [403, 'M_FORBIDDEN'])
    assert.deepEqual(outcome(await inRoom({ avatar_url: `mxc://${'x'.repeat(1000)}` })), [400, 'M_UNKNOWN'])
    assert.deepEqual(outcome(await inRoom({ displayname: 'x'.repeat(257) })), [400, 'M_UNKNOWN'])
    assert.deepEqual(await server.ok(alice, 'GET', member), { membership: 'join', displayname: 'alice' })

    assert.equal((await put(ALICE, 'mxc://test/small')).status, 200)
    assert.equal((await inRoom({ avatar_url: 'mxc://test/small', displayname: 'A' })).status, 200)
    assert.equal((await server.ok(alice, 'GET', member)).displayname, 'A')
  })

  test('without such settings anything is an avatar', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')

    assert.equal((await server.call(alice, 'PUT', AVATAR, { avatar_url: 'mxc://else/x' })).status, 200)
  })

  test('devices that nobody uses are logged out after the time that is set', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { delete_stale_devices_after: '30d' })
    const stale = await server.register('alice')
    server.clock.advance(29 * DAY_MS)
    const login = { type: 'm.login.password', user: 'alice', password: 'password', device_id: 'FRESH' }
    const fresh = (await server.ok(null, 'POST', '/login', login)).access_token
    const devices = async () => (await storage.read.devices.list(ALICE)).length

    assert.equal(await devices(), 2)
    server.clock.advance(DAY_MS)
    // It is looked for once a day; the next 29 days nobody else is due.
    await eventually(
      async () => (await devices()) === 1,
      async () => {
        server.clock.advance(3_600_000)
        await storage.write(async () => {})
      },
    )

    assert.equal((await server.call(stale, 'GET', '/account/whoami')).status, 401)
    assert.equal((await server.ok(fresh, 'GET', '/account/whoami')).device_id, 'FRESH')
  })
})
