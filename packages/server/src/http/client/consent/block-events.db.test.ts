import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ranvier-terms-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'en'))
writeFileSync(join(folder, 'en', '1.0.html'), '<p>Be kind.</p>')

const TERMS = {
  public_baseurl: 'https://matrix.test',
  form_secret: 'form secret',
  user_consent: {
    template_dir: folder,
    version: '1.0',
    block_events_error: 'First agree: %(consent_uri)s',
  },
}
const TEXT = { msgtype: 'm.text', body: 'hello' }
const enc = encodeURIComponent

databaseMatrix((open) => {
  test('who has not agreed sends nothing, is told where to agree, and then sends', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, TERMS)
    const agreed = await server.register('agreed')
    await storage.write((tx) => tx.accounts.update('@agreed:test' as UserId, { consentVersion: '1.0' }))
    const alice = await server.register('alice')
    const { room_id: roomId } = await server.ok(agreed, 'POST', '/createRoom', {
      preset: 'public_chat',
      invite: ['@alice:test'],
    })
    const room = `/rooms/${enc(roomId)}`
    const { event_id: eventId } = await server.ok(agreed, 'PUT', `${room}/send/m.room.message/1`, TEXT)
    const sends: [method: string, path: string, body: object][] = [
      ['POST', '/createRoom', {}],
      ['POST', `${room}/join`, {}],
      ['POST', `${room}/invite`, { user_id: '@agreed:test' }],
      ['PUT', `${room}/send/m.room.message/2`, TEXT],
      ['PUT', `${room}/state/m.room.topic`, { topic: 'x' }],
      ['PUT', `${room}/redact/${enc(eventId)}/3`, {}],
      ['POST', `${room}/upgrade`, { new_version: '11' }],
    ]

    let uri = ''
    for (const [method, path, body] of sends) {
      const answer = await server.call(alice, method, path, body)
      assert.deepEqual([answer.status, answer.body.errcode], [403, 'M_CONSENT_NOT_GIVEN'], path)
      uri = answer.body.consent_uri
      assert.equal(answer.body.error, `First agree: ${uri}`)
    }
    assert.equal(
      (await server.ok(alice, 'GET', '/sync')).rooms.invite[roomId] !== undefined,
      true,
      'they read',
    )
    assert.equal((await server.call(alice, 'POST', `${room}/leave`, {})).status, 200, 'and leave')

    const { searchParams } = new URL(uri)
    const form = { u: searchParams.get('u')!, h: searchParams.get('h')!, v: '1.0' }
    assert.equal((await server.page(uri)).status, 200)
    assert.equal((await server.page('/_matrix/consent', form)).status, 200)
    await server.ok(alice, 'POST', `${room}/join`, {})
    await server.ok(alice, 'PUT', `${room}/send/m.room.message/2`, TEXT)
  })

  test('an administrator who acts as somebody needs to have agreed, not the user', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, TERMS)
    const admin = await server.register('admin')
    await storage.write((tx) => tx.accounts.update('@admin:test' as UserId, { admin: true }))
    await server.register('alice')
    const path = '/_synapse/admin/v1/users/@alice:test/login'
    const puppet = (await server.ok(admin, 'POST', path, {})).access_token
    const create = async () => (await server.call(puppet, 'POST', '/createRoom', {})).body

    const refused = await create()
    assert.equal(refused.errcode, 'M_CONSENT_NOT_GIVEN')
    assert.match(refused.consent_uri, /u=admin&/)
    await storage.write((tx) => tx.accounts.update('@admin:test' as UserId, { consentVersion: '1.0' }))
    assert.match((await create()).room_id, /^!/)
  })

  test('bots agree to nothing; an older version does not count', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, TERMS)
    const bot = await server.register('bot')
    await storage.write((tx) => tx.accounts.update('@bot:test' as UserId, { userType: 'bot' }))
    const alice = await server.register('alice')
    await storage.write((tx) => tx.accounts.update('@alice:test' as UserId, { consentVersion: '0.9' }))

    assert.equal((await server.call(bot, 'POST', '/createRoom', {})).status, 200)
    assert.equal((await server.call(alice, 'POST', '/createRoom', {})).body.errcode, 'M_CONSENT_NOT_GIVEN')
  })

  test('notices of the server can be read without', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      ...TERMS,
      server_notices: { system_mxid_localpart: 'notices', system_mxid_display_name: 'Notices' },
    })
    const admin = await server.register('admin')
    await storage.write((tx) => tx.accounts.update('@admin:test' as UserId, { admin: true }))
    const alice = await server.register('alice')
    const notice = { user_id: '@alice:test', content: { msgtype: 'm.text', body: 'Please agree' } }
    await server.ok(admin, 'POST', '/_synapse/admin/v1/send_server_notice', notice)
    const roomId = (await storage.read.serverNotices.findRoom('@alice:test'))!

    assert.equal((await server.call(alice, 'POST', `/rooms/${enc(roomId)}/join`, {})).status, 200)
    const answer = await server.call(alice, 'PUT', `/rooms/${enc(roomId)}/send/m.room.message/1`, TEXT)
    assert.equal(answer.body.errcode, 'M_CONSENT_NOT_GIVEN')
  })
})
