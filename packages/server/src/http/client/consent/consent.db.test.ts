import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { consentHash } from '../../../accounts/consent.ts'
import { wiredServer } from '../../wired-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'ranvier-terms-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'en'))
writeFileSync(
  join(folder, 'en', '1.0.html'),
  `<p>Be kind.</p>{% if not public_version %}{% if has_consented %}<p>You have agreed.</p>{% else %}
<form method="post" action="consent"><input name="v" value="{{version}}"><input name="u" value="{{user}}">
<input name="h" value="{{userhmac}}"></form>{% endif %}{% endif %}`,
)
writeFileSync(join(folder, 'en', '0.9.html'), '<p>Be nice.</p>')
writeFileSync(join(folder, 'en', 'success.html'), '<p>Thanks.</p>')
writeFileSync(join(folder, 'secret.html'), 'not for readers')

const TERMS = {
  public_baseurl: 'https://matrix.test',
  form_secret: 'form secret',
  user_consent: { template_dir: folder, version: '1.0', require_at_registration: true },
}
const PATH = '/_matrix/consent'

databaseMatrix((open) => {
  test('who registers agrees to the terms, and that is kept', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, TERMS)
    const { status, body } = await server.call(null, 'POST', '/register', {
      username: 'alice',
      password: 'pw',
    })

    assert.deepEqual([status, body.flows], [401, [{ stages: ['m.login.terms', 'm.login.dummy'] }]])
    const { policies } = body.params['m.login.terms']
    assert.deepEqual(policies.privacy_policy, {
      version: '1.0',
      en: { name: 'Privacy Policy', url: 'https://matrix.test/_matrix/consent?v=1.0' },
    })
    assert.match((await server.page(policies.privacy_policy.en.url)).text, /^<p>Be kind\.<\/p>$/)
    const { session } = body
    const half = await server.call(null, 'POST', '/register', { auth: { type: 'm.login.dummy', session } })
    assert.equal(half.status, 401)
    const done = await server.ok(null, 'POST', '/register', { auth: { type: 'm.login.terms', session } })
    assert.equal(done.user_id, '@alice:test')
    const account = await storage.read.accounts.get('@alice:test')
    assert.equal(account.consentVersion, '1.0')
    assert.ok(account.consentTs! > 0)
  })

  test('a browser agrees on the page of the stage', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, TERMS)
    const { session } = (await server.call(null, 'POST', '/register', { username: 'alice', password: 'pw' }))
      .body
    const page = `/_matrix/client/v3/auth/m.login.terms/fallback/web?session=${session}`

    assert.match((await server.page(page)).text, /href="\/_matrix\/consent\?v=1\.0"/)
    assert.match((await server.page(page, {})).text, /onAuthDone/)
    const auth = { type: 'm.login.dummy', session }
    assert.equal((await server.ok(null, 'POST', '/register', { auth })).user_id, '@alice:test')
  })

  test('the page knows its reader by a link that is signed, and notes that they agree', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      ...TERMS,
      user_consent: { template_dir: folder, version: '1.0' },
    })
    await server.register('alice')
    const h = consentHash('form secret', '@alice:test' as UserId)
    const reader = { u: 'alice', h, v: '1.0' }

    const unread = await server.page(`${PATH}?u=alice&h=${h}`)
    assert.match(unread.text, new RegExp(`name="h" value="${h}"`))
    const refused: [form: Record<string, string>, status: number][] = [
      [{ ...reader, h: 'x' }, 403],
      [{ ...reader, u: 'bob' }, 403],
      [{ ...reader, v: '7' }, 404],
      [{ ...reader, v: '../secret' }, 404],
      [{ u: 'alice', h }, 400],
    ]
    for (const [form, status] of refused)
      assert.equal((await server.page(PATH, form)).status, status, JSON.stringify(form))
    assert.equal((await storage.read.accounts.get('@alice:test')).consentVersion, null)

    assert.equal((await server.page(PATH, reader)).text, '<p>Thanks.</p>')
    assert.match((await server.page(`${PATH}?u=alice&h=${h}`)).text, /You have agreed/)
    assert.equal((await storage.read.accounts.get('@alice:test')).consentVersion, '1.0')
    assert.match((await server.page(`${PATH}?v=0.9`)).text, /Be nice/)
    for (const version of ['..%2Fsecret', '%00', '1.0.html', '7'])
      assert.equal((await server.page(`${PATH}?v=${version}`)).status, 404, version)
    const nobody = consentHash('form secret', '@nobody:test' as UserId)
    assert.equal((await server.page(`${PATH}?u=nobody&h=${nobody}`)).status, 404)
  })

  test('without terms there is no such page', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)

    assert.equal((await server.page(PATH)).status, 404)
  })
})
