import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'
import { oidcProvider } from './oidc-fixture.ts'
import { APP, browser, logIn, NAMED, REDIRECT, settingsOf as settings, tokenIn } from './sso-fixture.ts'

const CLIENT = { id: 'ranvier', secret: 's3cret/with+signs' }

type Provider = Awaited<ReturnType<typeof oidcProvider>>

const settingsOf = (provider: Provider, more: object = {}, sso: object = {}) =>
  settings(provider, CLIENT, more, sso)

databaseMatrix((open) => {
  test('who comes for the first time gets an account, and later finds it again', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    const mapping = {
      ...NAMED,
      display_name_template: '{{ user.given }} <{{ user.sub }}>',
      email_template: '{{ user.email }}',
    }
    await using server = await wiredServer(
      storage,
      settingsOf(provider, { user_mapping_provider: { config: mapping } }),
    )
    provider.state.claims = { sub: 'r1', preferred_username: 'Ada Λ', given: 'Ada', email: 'Ada@Mail.test' }
    const { flows } = await server.ok(null, 'GET', '/login')
    assert.deepEqual(flows.slice(1), [
      { type: 'm.login.sso', identity_providers: [{ id: 'oidc-corp', name: 'Corp & Co' }] },
      { type: 'm.login.token' },
    ])

    const own = browser(server)
    const page = await own.logIn(provider)

    assert.equal(page.status, 200)
    assert.match(page.text, /<strong>app\.test<\/strong>/)
    assert.match(page.text, /href="https:\/\/app\.test\/\?a=b&#38;loginToken=\w+#\/home"/)
    const first = await logIn(server, tokenIn(page.text))
    assert.equal(first.body.user_id, '@ada=20=ce=bb:test')
    assert.equal((await logIn(server, tokenIn(page.text))).status, 403, 'once')
    const userId = first.body.user_id as UserId
    assert.deepEqual(await storage.read.threepids.listExternalIds(userId), [
      { authProvider: 'oidc-corp', externalId: 'r1' },
    ])
    assert.equal(await storage.read.threepids.findOwner('email', 'ada@mail.test'), userId)
    assert.equal((await storage.read.accounts.get(userId)).displayname, 'Ada <r1>')

    provider.state.claims = { sub: 'r1', preferred_username: 'renamed' }
    const again = await browser(server).logIn(provider, 'element://connect', `${REDIRECT}/oidc-corp`)
    assert.match(again.text, /href="element:\/\/connect\?loginToken=\w+"/)
    assert.equal((await logIn(server, tokenIn(again.text))).body.user_id, userId)
    assert.equal(provider.asked.filter((path) => path.includes('well-known')).length, 1)
  })

  test('a name that is taken gets a number, or is taken over where the operator wants it', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    {
      await using server = await wiredServer(storage, settingsOf(provider))
      await server.register('ada')
      const page = await browser(server).logIn(provider)
      assert.equal((await logIn(server, tokenIn(page.text))).body.user_id, '@ada1:test')
    }
    await using server = await wiredServer(storage, settingsOf(provider, { allow_existing_users: true }))
    provider.state.claims = { sub: 'remote-2', preferred_username: 'Ada' }
    const page = await browser(server).logIn(provider)
    assert.equal((await logIn(server, tokenIn(page.text))).body.user_id, '@ada:test')
  })

  test('nobody is logged in by what another browser began, by what is old, or twice', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using server = await wiredServer(storage, settingsOf(provider))
    const begin = async (who: ReturnType<typeof browser>) => {
      const answer = await who.open(`${REDIRECT}?${new URLSearchParams({ redirectUrl: APP })}`)
      assert.match(answer.set, /HttpOnly; SameSite=Lax; Secure$/)
      return provider.logIn(String(answer.headers.location))
    }
    const [mallory, victim] = [browser(server), browser(server)]

    const link = await begin(mallory)
    assert.equal((await victim.open(link)).status, 400)
    await begin(victim)
    assert.equal((await victim.open(link)).status, 400)
    assert.equal((await mallory.open(link)).status, 200)
    assert.equal((await mallory.open(link)).status, 400, 'twice')
    const old = await begin(victim)
    server.clock.advance(15 * 60_000)
    assert.equal((await victim.open(old)).status, 400)
    assert.equal((await victim.open('/_synapse/client/oidc/callback?code=x&state=y')).status, 400)
    assert.equal((await victim.open('/_synapse/client/oidc/callback')).status, 400)
  })

  test('what the provider says has to be its own word, for us and for this log-in', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using server = await wiredServer(storage, settingsOf(provider))
    for (const fault of ['nonce', 'signature', 'audience', 'expired'] as const) {
      provider.state.fault = fault
      const page = await browser(server).logIn(provider)
      assert.equal(page.status, 403, fault)
      assert.equal(tokenIn(page.text), undefined)
    }
    provider.state.fault = undefined
    const who = browser(server)
    const begun = await who.open(`${REDIRECT}?${new URLSearchParams({ redirectUrl: APP })}`)
    const back = new URL(provider.logIn(String(begun.headers.location)))
    back.searchParams.set('code', 'guessed')
    assert.equal((await who.open(back.href)).status, 403)
    assert.equal(await storage.read.accounts.find('@ada:test'), undefined)
  })

  test('who may log in, and where to, is for the operator to say', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    const requirements = [{ attribute: 'groups', one_of: ['chat', 'admins'] }]
    const settings = settingsOf(
      provider,
      {
        attribute_requirements: requirements,
        user_profile_method: 'userinfo_endpoint',
        enable_registration: false,
      },
      { client_whitelist: ['https://app.test/'] },
    )
    await using server = await wiredServer(storage, settings)
    const status = async (userinfo: object) => {
      provider.state.userinfo = userinfo as Record<string, unknown>
      return (await browser(server).logIn(provider)).status
    }
    assert.equal(await status({}), 403)
    assert.equal(await status({ groups: ['other'] }), 403)
    assert.equal(await status({ groups: ['chat'] }), 403, 'there is no account')
    await server.register('known')
    await storage.write((tx) =>
      tx.threepids.addExternalId('@known:test' as UserId, {
        authProvider: 'oidc-corp',
        externalId: 'remote-1',
      }),
    )
    const trusted = await browser(server).logIn(provider)
    assert.equal(trusted.status, 302)
    assert.equal((await logIn(server, tokenIn(String(trusted.headers.location)))).body.user_id, '@known:test')

    const begin = (query: string, path = REDIRECT) => server.page(`${path}${query}`)
    assert.equal((await begin('')).status, 400)
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'no url'])
      assert.equal((await begin(`?redirectUrl=${encodeURIComponent(url)}`)).status, 400, url)
    assert.equal(
      (await begin(`?redirectUrl=${encodeURIComponent(APP)}`, `${REDIRECT}/oidc-none`)).status,
      404,
    )
    await storage.write((tx) => tx.accounts.update('@known:test' as UserId, { locked: true }))
    const locked = await browser(server).logIn(provider)
    const refused = await logIn(server, tokenIn(String(locked.headers.location)))
    assert.equal(refused.body.errcode, 'M_USER_LOCKED')
  })

  test('who has no password proves at the provider who they are, as themselves only', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using server = await wiredServer(storage, settingsOf(provider))
    const own = browser(server)
    const { body } = await logIn(server, tokenIn((await own.logIn(provider)).text))
    const { access_token: token, device_id: device } = body
    const path = `/devices/${device}`
    const asked = await server.call(token, 'DELETE', path, {})
    assert.equal(asked.status, 401)
    assert.deepEqual(asked.body.flows, [{ stages: ['m.login.password'] }, { stages: ['m.login.sso'] }])
    const { session } = asked.body
    const remove = (auth: object) => server.call(token, 'DELETE', path, { auth: { session, ...auth } })
    assert.equal((await remove({ type: 'm.login.sso' })).status, 401, 'nobody says so themselves')
    const stage = `/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${session}`
    /** Through the page of the stage to the provider and back. */
    async function prove(who: ReturnType<typeof browser>) {
      const leads = await who.open(stage)
      assert.equal(leads.status, 302)
      const page = await who.open(String(leads.headers.location))
      assert.match(page.text, /@ada:test/)
      const [, href] = /href="([^"]+)">Continue with Corp/.exec(page.text)!
      const url = href!.replaceAll('&#38;', '&')
      assert.equal(new URL(url).searchParams.get('prompt'), 'login')
      return who.open(provider.logIn(url))
    }

    provider.state.claims = { sub: 'somebody else', preferred_username: 'Eve' }
    assert.equal((await prove(browser(server))).status, 403)
    assert.equal(await storage.read.accounts.find('@eve:test'), undefined, 'a proof makes no accounts')
    assert.equal((await remove({})).status, 401)
    provider.state.claims = { sub: 'remote-1', preferred_username: 'Ada' }
    const done = await prove(own)
    assert.match(done.text, /onAuthDone/)
    assert.equal((await remove({})).status, 200)
    assert.equal((await server.call(token, 'GET', '/account/whoami')).status, 401, 'the device is gone')

    const other = await server.register('password')
    const plain = await server.call(other, 'DELETE', '/devices/X', {})
    assert.deepEqual(plain.body.flows, [{ stages: ['m.login.password'] }])
    const proof = await server.page(`/_synapse/client/oidc/prove?session=${plain.body.session}`)
    assert.equal(proof.status, 404)
    assert.equal((await server.page('/_synapse/client/oidc/prove?session=x')).status, 400)
  })

  test('of several providers the user chooses one', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    const [corp] = settingsOf(provider).oidc_providers
    const other = { ...corp, idp_id: 'two', idp_name: '<Two>', issuer: 'http://127.0.0.1:1/' }
    await using server = await wiredServer(storage, {
      ...settingsOf(provider),
      oidc_providers: [corp, other],
    })

    const page = await server.page(`${REDIRECT}?redirectUrl=${encodeURIComponent(APP)}`)
    const [, href] = /href="([^"]+)">Corp &#38; Co</.exec(page.text) ?? []
    assert.match(page.text, /&#60;Two&#62;/)
    assert.equal((await server.page(href!.replaceAll('&#38;', '&'))).status, 302)
    const unreachable = await server.page(`${REDIRECT}/oidc-two?redirectUrl=${encodeURIComponent(APP)}`)
    assert.equal(unreachable.status, 502)
  })

  test('without providers there is nothing of it', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)

    const { flows } = await server.ok(null, 'GET', '/login')
    assert.deepEqual(flows, [{ type: 'm.login.password' }])
    assert.equal((await logIn(server, 'x')).status, 400)
    assert.equal((await server.call(null, 'GET', '/login/sso/redirect')).body.errcode, 'M_UNRECOGNIZED')
  })
})
