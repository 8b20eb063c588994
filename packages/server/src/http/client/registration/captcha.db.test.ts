import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

/** A real service on this machine that knows one right solution. */
async function captchaService() {
  const asked: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    asked.push(form)
    response.end(JSON.stringify({ success: form['secret'] === 'secret' && form['response'] === 'right' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const settingsOf = (url: string) => ({
  enable_registration_without_verification: false,
  enable_registration_captcha: true,
  recaptcha_public_key: 'site"key',
  recaptcha_private_key: 'secret',
  recaptcha_siteverify_api: url,
  ip_range_whitelist: ['127.0.0.1'],
})

databaseMatrix((open) => {
  test('who registers solves a captcha', async () => {
    await using storage = await open()
    await using service = await captchaService()
    await using server = await wiredServer(storage, settingsOf(service.url))
    const register = (auth?: object) =>
      server.call(null, 'POST', '/register', { username: 'alice', password: 'pw', ...(auth && { auth }) })

    const first = await register()
    assert.deepEqual(first.body.flows, [{ stages: ['m.login.recaptcha'] }])
    assert.deepEqual(first.body.params, { 'm.login.recaptcha': { public_key: 'site"key' } })
    const { session } = first.body
    const type = 'm.login.recaptcha'
    const none = await register({ type, session })
    assert.deepEqual([none.status, none.body.errcode], [401, 'M_CAPTCHA_NEEDED'])
    const wrong = await register({ type, session, response: 'wrong' })
    assert.deepEqual([wrong.status, wrong.body.errcode], [401, 'M_CAPTCHA_INVALID'])
    assert.equal((await register({ type, session, response: 'right' })).body.user_id, '@alice:test')
    assert.deepEqual(service.asked, [
      { secret: 'secret', response: 'wrong' },
      { secret: 'secret', response: 'right' },
    ])
  })

  test('a browser solves it on the page of the stage', async () => {
    await using storage = await open()
    await using service = await captchaService()
    await using server = await wiredServer(storage, settingsOf(service.url))
    const wish = { username: 'alice', password: 'pw' }
    const { session } = (await server.call(null, 'POST', '/register', wish)).body
    const page = `/_matrix/client/v3/auth/m.login.recaptcha/fallback/web?session=${session}`

    const shown = await server.page(page)
    assert.match(shown.text, /class="g-recaptcha" data-sitekey="site&#34;key"/)
    assert.match(String(shown.headers['content-security-policy']), /script-src https:\/\/www\.recaptcha\.net/)
    assert.match((await server.page(page, { 'g-recaptcha-response': 'wrong' })).text, /not right/)
    assert.match((await server.page(page, { 'g-recaptcha-response': 'right' })).text, /onAuthDone/)
    const done = await server.ok(null, 'POST', '/register', { ...wish, auth: { session } })
    assert.equal(done.user_id, '@alice:test')
  })

  test('a service that cannot be asked lets nobody in', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, settingsOf('http://127.0.0.1:1/'))
    const wish = { username: 'alice', password: 'pw' }
    const { session } = (await server.call(null, 'POST', '/register', wish)).body
    const auth = { type: 'm.login.recaptcha', session, response: 'right' }

    assert.equal((await server.call(null, 'POST', '/register', { ...wish, auth })).status, 401)
    assert.equal(await storage.read.accounts.find('@alice:test'), undefined)
  })
})
