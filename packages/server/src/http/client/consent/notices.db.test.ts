import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ranvier-terms-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'en'))
for (const version of ['1.0', '2.0']) writeFileSync(join(folder, 'en', `${version}.html`), '<p>Be kind.</p>')

const settings = (version: string, more: object = {}) => ({
  public_baseurl: 'https://matrix.test',
  form_secret: 'form secret',
  server_notices: { system_mxid_localpart: 'notices', auto_join: true },
  user_consent: {
    template_dir: folder,
    version,
    server_notice_content: { msgtype: 'm.text', body: 'Agree: %(consent_uri)s', more: ['%(consent_uri)s'] },
    ...more,
  },
})

type Server = Awaited<ReturnType<typeof wiredServer>>

/** When nobody of `names` is being written to any more: who was asked after them has been written to. */
async function settled(server: Server, storage: Storage, version: string): Promise<void> {
  const last = await server.register(`last${version.replace('.', '')}`)
  await server.ok(last, 'GET', '/account/whoami')
  const userId = `@last${version.replace('.', '')}:test`
  while ((await storage.read.accounts.get(userId)).consentServerNoticeSent !== version)
    await new Promise(setImmediate)
}

/** What the server has written to who has the token. */
async function notices(server: Server, token: string): Promise<{ body: string; more: string[] }[]> {
  const { rooms } = await server.ok(token, 'GET', '/sync')
  type Rooms = Record<string, { timeline: { events: { type: string; content: never }[] } }>
  return Object.values((rooms?.join ?? {}) as Rooms)
    .flatMap(({ timeline }) => timeline.events)
    .filter(({ type }) => type === 'm.room.message')
    .map(({ content }) => content)
}

databaseMatrix((open) => {
  test('who has not agreed is written to once for each version, with their link, and not after they have', async () => {
    await using storage = await open()
    let alice: string
    let agreed: string
    {
      await using server = await wiredServer(storage, settings('1.0'))
      alice = await server.register('alice')
      agreed = await server.register('agreed')
      await storage.write((tx) => tx.accounts.update('@agreed:test' as UserId, { consentVersion: '1.0' }))
      for (const token of [alice, agreed, alice]) await server.ok(token, 'GET', '/account/whoami')
      await settled(server, storage, '1.0')

      const [notice, ...others] = await notices(server, alice)
      assert.deepEqual(others, [])
      const uri = notice!.body.replace('Agree: ', '')
      assert.match(uri, /^https:\/\/matrix\.test\/_matrix\/consent\?u=alice&h=[0-9a-f]{64}$/)
      assert.deepEqual(notice!.more, [uri])
      assert.equal((await server.page(uri)).status, 200)
      assert.deepEqual(await notices(server, agreed), [])
    }
    await using server = await wiredServer(storage, settings('2.0'))
    for (const token of [alice, agreed]) await server.ok(token, 'GET', '/account/whoami')
    await settled(server, storage, '2.0')

    assert.equal((await notices(server, alice)).length, 2, 'in the same room')
    assert.equal((await notices(server, agreed)).length, 1)
  })

  test('guests and bots are not written to, guests where the operator wants it', async () => {
    await using storage = await open()
    for (const [version, more] of [
      ['1.0', {}],
      ['2.0', { send_server_notice_to_guests: true }],
    ] as const) {
      await using server = await wiredServer(storage, settings(version, more))
      const { body } = await server.call(null, 'POST', '/register?kind=guest', {})
      const bot = await server.register(`bot${version.replace('.', '')}`)
      await storage.write((tx) =>
        tx.accounts.update(`@bot${version.replace('.', '')}:test` as UserId, { userType: 'bot' }),
      )
      for (const token of [body.access_token, bot]) await server.ok(token, 'GET', '/account/whoami')
      await settled(server, storage, version)

      assert.equal((await notices(server, body.access_token)).length, version === '1.0' ? 0 : 1)
      assert.deepEqual(await notices(server, bot), [])
    }
  })

  test('a notice that cannot be sent is tried again at the next request', async () => {
    await using storage = await open()
    const broken = settings('1.0')
    Object.assign(broken.server_notices, { system_mxid_avatar_url: 'no mxc' })
    let alice: string
    {
      await using server = await wiredServer(storage, broken)
      alice = await server.register('alice')
      await server.ok(alice, 'GET', '/account/whoami')
    }
    assert.equal((await storage.read.accounts.get('@alice:test')).consentServerNoticeSent, null)

    await using server = await wiredServer(storage, settings('1.0'))
    await server.ok(alice, 'GET', '/account/whoami')
    await settled(server, storage, '1.0')
    assert.equal((await notices(server, alice)).length, 1)
  })

  test('a notice needs what is written and somebody who writes it', async () => {
    await using storage = await open()
    const { server_notices: _, ...silent } = settings('1.0')
    await assert.rejects(wiredServer(storage, silent), /server_notice_content: notices are not enabled/)
    const wordless = settings('1.0', { server_notice_content: { msgtype: 'm.text' } })
    await assert.rejects(wiredServer(storage, wordless), /server_notice_content: needs `msgtype` and `body`/)
  })
})
