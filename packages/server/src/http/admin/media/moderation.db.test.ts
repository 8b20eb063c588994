import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const V1 = '/_synapse/admin/v1'
const DAY_MS = 86_400_000

async function upload(server: WholeServer, { token }: Person, content: object): Promise<string> {
  const { content_uri } = await server.ok('POST', '/_matrix/media/v3/upload', { token, body: content })
  return content_uri.slice('mxc://test/'.length)
}

async function people(server: WholeServer) {
  return { admin: await server.person('admin', { admin: true }), bob: await server.person('bob') }
}

const details = async (server: WholeServer, admin: Person, id: string) =>
  (await server.ok('GET', `${V1}/media/test/${id}`, { token: admin.token })).media_info

const downloadOf = async (server: WholeServer, who: Person, id: string, query = '') =>
  (await server.call('GET', `/_matrix/client/v1/media/download/test/${id}${query}`, { token: who.token }))
    .status

databaseMatrix((open) => {
  test('a file is described, quarantined with its twins, shown again and deleted', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob } = await people(server)
    const { token } = admin
    const one = await upload(server, bob, { a: 1 })
    const twin = await upload(server, bob, { a: 1 })
    const other = await upload(server, bob, { a: 2 })

    const before = await details(server, admin, one)
    assert.deepEqual(
      [before.media_origin, before.user_id, before.media_id, before.filesystem_id, before.quarantined_by],
      [null, bob.userId, one, null, null],
    )
    assert.equal(before.media_length, 7)
    assert.equal(before.safe_from_quarantine, false)

    assert.deepEqual(await server.ok('POST', `${V1}/media/quarantine/test/${one}`, { token }), {})
    assert.equal((await details(server, admin, twin)).quarantined_by, admin.userId)
    for (const who of [bob, admin]) assert.equal(await downloadOf(server, who, one), 404)
    const bypass = '?admin_unsafely_bypass_quarantine=true'
    assert.equal(await downloadOf(server, bob, one, bypass), 400)
    assert.equal(await downloadOf(server, bob, other), 200)

    assert.deepEqual(await server.ok('POST', `${V1}/media/unquarantine/test/${twin}`, { token }), {})
    assert.equal(await downloadOf(server, bob, one), 200)
    const changes = await server.ok('GET', `${V1}/media/quarantine_changes`, { token })
    assert.equal(changes.changes.length, 4)
    assert.deepEqual(
      new Set(changes.changes.slice(0, 2).map((each: { media_id: string }) => each.media_id)),
      new Set([one, twin]),
    )
    assert.deepEqual(
      changes.changes.map((each: { quarantined: boolean }) => each.quarantined),
      [true, true, false, false],
    )
    assert.equal(changes.changes[0].origin, 'test')
    const rest = await server.ok('GET', `${V1}/media/quarantine_changes?from=${changes.next_batch}`, {
      token,
    })
    assert.deepEqual(rest, { next_batch: changes.next_batch, changes: [] })
    const beyond = await server.call('GET', `${V1}/media/quarantine_changes?from=${changes.next_batch + 1}`, {
      token,
    })
    assert.deepEqual([beyond.status, beyond.body.errcode], [400, 'M_INVALID_PARAM'])

    const deleted = await server.ok('DELETE', `${V1}/media/test/${one}`, { token })
    assert.deepEqual(deleted, { deleted_media: [one], total: 1 })
    assert.equal(await downloadOf(server, bob, one), 404)
    assert.equal(await downloadOf(server, bob, twin), 200, 'the content is still that of another file')
  })

  test('all files of a room and of a user are quarantined, but for protected ones', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob } = await people(server)
    const { token } = admin
    const room = await server.createRoom(bob)
    const [shown, thumbnail, kept, unsent] = await Promise.all(
      [1, 2, 3, 4].map((n) => upload(server, bob, { n })),
    )
    const send = (content: object, txn: string) =>
      server.ok('PUT', `${server.room(room)}/send/m.room.message/${txn}`, { token: bob.token, body: content })
    const file = (url: unknown) => ({ msgtype: 'm.image', body: 'x', url })
    await send({ ...file(`mxc://test/${shown}`), info: { thumbnail_url: `mxc://test/${thumbnail}` } }, '1')
    await send(file('mxc://elsewhere/abc'), '2')
    await send(file(`mxc://test/${kept}`), '3')
    await send(file(17), '4')
    await send({ ...file('mxc://no slash'), text: `"mxc://test/${unsent}"` }, '5')

    const list = await server.ok('GET', `${V1}/room/${encodeURIComponent(room)}/media`, { token })
    assert.deepEqual(list, {
      local: [kept, shown, thumbnail].map((id) => `mxc://test/${id}`),
      remote: ['mxc://elsewhere/abc'],
    })
    assert.deepEqual(await server.ok('POST', `${V1}/media/protect/${kept}`, { token }), {})
    assert.equal((await details(server, admin, kept!)).safe_from_quarantine, true)
    const quarantine = `${V1}/room/${encodeURIComponent(room)}/media/quarantine`
    assert.deepEqual(await server.ok('POST', quarantine, { token }), { num_quarantined: 2 })
    assert.deepEqual(
      await server.ok('POST', `${V1}/quarantine_media/${encodeURIComponent(room)}`, { token }),
      {
        num_quarantined: 0,
      },
    )
    assert.equal(await downloadOf(server, bob, kept!), 200)
    assert.equal(await downloadOf(server, bob, thumbnail!), 404)

    const ofUser = `${V1}/user/${bob.userId}/media/quarantine`
    assert.deepEqual(await server.ok('POST', ofUser, { token }), { num_quarantined: 1 })
    assert.deepEqual(await server.ok('POST', `${V1}/media/unprotect/${kept}`, { token }), {})
    assert.deepEqual(await server.ok('POST', ofUser, { token }), { num_quarantined: 1 })
    assert.deepEqual(await server.ok('POST', `${V1}/user/nobody/media/quarantine`, { token }), {
      num_quarantined: 0,
    })
    const empty = await server.ok('GET', `${V1}/room/!nowhere:test/media`, { token })
    assert.deepEqual(empty, { local: [], remote: [] })
  })

  test('files nobody has used for long are deleted; pictures, protected and quarantined ones stay', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob } = await people(server)
    const { token } = admin
    const [old, face, sign, safe, hidden, small] = (await Promise.all(
      [1, 2, 3, 4, 5]
        .map((n) => upload(server, bob, { content: `number ${n}` }))
        .concat(upload(server, bob, {})),
    )) as [string, string, string, string, string, string]
    await server.ok('PUT', `/profile/${bob.userId}/avatar_url`, {
      token: bob.token,
      body: { avatar_url: `mxc://test/${face}` },
    })
    const room = await server.createRoom(bob)
    await server.ok('PUT', `${server.room(room)}/state/m.room.avatar/`, {
      token: bob.token,
      body: { url: `mxc://test/${sign}` },
    })
    await server.ok('POST', `${V1}/media/protect/${safe}`, { token })
    await server.ok('POST', `${V1}/media/quarantine/test/${hidden}`, { token })
    server.clock.advance(DAY_MS)
    const recent = await upload(server, bob, { content: 'recent' })
    const before = server.clock.nowMs() - 1000

    const path = `${V1}/media/delete?before_ts=${before}`
    assert.deepEqual(await server.ok('POST', `${path}&size_gt=10`, { token }), {
      deleted_media: [old],
      total: 1,
    })
    assert.deepEqual(await server.ok('POST', path, { token }), { deleted_media: [small], total: 1 })
    const legacy = `${V1}/media/test/delete?before_ts=${before}&keep_profiles=false`
    const { deleted_media } = await server.ok('POST', legacy, { token })
    assert.deepEqual(deleted_media.sort(), [face, sign].sort())
    for (const id of [safe, hidden, recent]) assert.equal((await details(server, admin, id)).media_id, id)
    const cache = await server.ok('POST', `${V1}/purge_media_cache?before_ts=${before}`, { token })
    assert.deepEqual(cache, { deleted: 0 })
  })

  test('what cannot be done about files has its errcode', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, bob } = await people(server)
    const rows: [string, string, number, string][] = [
      ['GET', '/media/test/unknown', 404, 'M_NOT_FOUND'],
      ['GET', '/media/elsewhere/unknown', 404, 'M_NOT_FOUND'],
      ['POST', '/media/protect/unknown', 404, 'M_NOT_FOUND'],
      ['POST', '/media/unprotect/unknown', 404, 'M_NOT_FOUND'],
      ['DELETE', '/media/test/unknown', 404, 'M_NOT_FOUND'],
      ['DELETE', '/media/elsewhere/unknown', 400, 'M_UNKNOWN'],
      ['POST', '/media/delete', 400, 'M_MISSING_PARAM'],
      ['POST', '/media/delete?before_ts=-1', 400, 'M_INVALID_PARAM'],
      ['POST', '/media/delete?before_ts=1600000000', 400, 'M_INVALID_PARAM'],
      ['POST', '/media/delete?before_ts=1600000000000&size_gt=-1', 400, 'M_INVALID_PARAM'],
      ['POST', '/media/delete?before_ts=1600000000000&keep_profiles=1', 400, 'M_INVALID_PARAM'],
      ['POST', '/media/elsewhere/delete?before_ts=1600000000000', 400, 'M_UNKNOWN'],
      ['POST', '/purge_media_cache', 400, 'M_MISSING_PARAM'],
      ['POST', '/purge_media_cache?before_ts=1600000000', 400, 'M_INVALID_PARAM'],
      ['GET', '/media/quarantine_changes?from=-1', 400, 'M_INVALID_PARAM'],
    ]
    for (const [method, path, status, errcode] of rows) {
      const answer = await server.call(method, V1 + path, { token: admin.token })
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], `${method} ${path}`)
      const refused = await server.call(method, V1 + path, { token: bob.token })
      assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
    }
    for (const server_ of ['test', 'elsewhere'])
      for (const verb of ['quarantine', 'unquarantine'])
        assert.deepEqual(
          await server.ok('POST', `${V1}/media/${verb}/${server_}/unknown`, { token: admin.token }),
          {},
        )
  })
})
