import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { wiredServer } from '../../wired-server.ts'
import { oidcProvider } from './oidc-fixture.ts'
import { browser, logIn, settingsOf, tokenIn } from './sso-fixture.ts'

const CLIENT = { id: 'ranvier', secret: 's3cret/with+signs' }
const PICK = '/_synapse/client/pick_username/account_details'
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** A place where pictures are. */
async function pictures() {
  const state = { body: PNG, type: 'image/png', asked: 0 }
  const server = createServer((_, response) => {
    state.asked++
    response.writeHead(200, { 'content-type': state.type }).end(state.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/me`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const asksName = { user_mapping_provider: { config: {} } }
const keyIn = (text: string) => /name="key" value="([\w-]+)"/.exec(text)?.[1] ?? assert.fail(text)

databaseMatrix((open) => {
  test('who comes for the first time chooses a name, as often as it takes, in their own browser', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using server = await wiredServer(storage, settingsOf(provider, CLIENT, asksName))
    await server.register('taken')
    const own = browser(server)
    const form = await own.logIn(provider)
    assert.equal(form.status, 200)
    assert.match(form.text, /name="username" value="ada"/)
    const key = keyIn(form.text)
    const choose = (who: ReturnType<typeof browser>, username: string, with_ = key) =>
      who.open(PICK, { key: with_, username })

    assert.equal((await choose(browser(server), 'mallory')).status, 400)
    for (const [name, why] of [
      ['taken', /already taken|in use/i],
      ['Not A Name', /Choose a name/],
      ['', /Choose a name/],
    ] as const) {
      const again = await choose(own, name)
      assert.equal(again.status, 400, name)
      assert.match(again.text, why)
      assert.equal(keyIn(again.text), key)
    }
    const done = await choose(own, 'grace')
    assert.equal(done.status, 200, done.text)
    assert.equal((await logIn(server, tokenIn(done.text))).body.user_id, '@grace:test')
    assert.equal((await choose(own, 'twice')).status, 400)
    assert.equal(await storage.read.accounts.find('@ada:test'), undefined)

    const again = await browser(server).logIn(provider)
    assert.equal((await logIn(server, tokenIn(again.text))).body.user_id, '@grace:test', 'known by now')
  })

  test('a name is asked for where the provider says none, or users may change it, and not in vain', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    const named = { localpart_template: '{{ user.nick }}' }
    const config = { user_mapping_provider: { config: named } }
    {
      await using server = await wiredServer(storage, settingsOf(provider, CLIENT, config))
      const form = await browser(server).logIn(provider)
      assert.match(form.text, /name="username" value=""/)
    }
    {
      const confirmed = { user_mapping_provider: { config: { ...named, confirm_localpart: true } } }
      await using server = await wiredServer(storage, settingsOf(provider, CLIENT, confirmed))
      provider.state.claims = { sub: 'r2', nick: 'Nick' }
      assert.match((await browser(server).logIn(provider)).text, /name="username" value="nick"/)
    }
    await using server = await wiredServer(
      storage,
      settingsOf(provider, CLIENT, { ...asksName, enable_registration: false }),
    )
    assert.equal((await browser(server).logIn(provider)).status, 403)
    const own = browser(server)
    assert.equal((await own.open(PICK, { key: 'x', username: 'y' })).status, 400)
    assert.equal((await own.open(PICK, {})).status, 400)
  })

  test('a new account has the picture the provider names; later ones are taken where the operator wants it', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using source = await pictures()
    const named = {
      user_mapping_provider: {
        config: { localpart_template: 'ada', display_name_template: '{{ user.name }}' },
      },
    }
    const avatar = async () => (await storage.read.accounts.get('@ada:test')).avatarUrl
    const settings = (sso: object) => ({
      ...settingsOf(provider, CLIENT, named, sso),
      ip_range_whitelist: ['127.0.0.1/32'],
      enable_set_avatar_url: false,
      enable_set_displayname: false,
    })
    provider.state.claims = { sub: 'r1', name: 'Ada', picture: source.url }
    {
      await using server = await wiredServer(storage, settings({}))
      await browser(server).logIn(provider)
      await eventually(async () => (await avatar()) !== null)
      const uri = (await avatar())!
      const { body } = await server.call(null, 'GET', `/profile/${encodeURIComponent('@ada:test')}`)
      assert.deepEqual(body, { avatar_url: uri, displayname: 'Ada' })
      const media = await storage.read.media.find(uri.split('/').at(-1)!)
      assert.deepEqual(
        [media?.mediaType, media?.userId, media?.mediaLength],
        ['image/png', '@ada:test', PNG.length],
      )
      provider.state.claims = { sub: 'r1', name: 'Countess', picture: source.url }
      await browser(server).logIn(provider)
    }
    assert.equal(source.state.asked, 1, 'once')
    assert.equal((await storage.read.accounts.get('@ada:test')).displayname, 'Ada')

    const before = await avatar()
    {
      await using server = await wiredServer(storage, settings({ update_profile_information: true }))
      await browser(server).logIn(provider)
      await eventually(async () => (await storage.read.accounts.get('@ada:test')).displayname === 'Countess')
      await eventually(async () => source.state.asked === 2)
    }
    assert.equal(await avatar(), before, 'the same picture is no new file')
    await using server = await wiredServer(storage, settings({ update_profile_information: true }))
    source.state.type = 'text/html'
    await browser(server).logIn(provider)
    await eventually(async () => source.state.asked === 3)
    source.state.type = 'image/png'
    source.state.body = Buffer.concat([PNG, Buffer.from('more')])
    await browser(server).logIn(provider)
    await eventually(async () => (await avatar()) !== before)
  })

  test('pictures in our own network are not looked at', async () => {
    await using storage = await open()
    await using provider = await oidcProvider(CLIENT)
    await using source = await pictures()
    provider.state.claims = { sub: 'r1', preferred_username: 'ada', picture: source.url }
    {
      await using server = await wiredServer(storage, settingsOf(provider, CLIENT))
      await browser(server).logIn(provider)
    }
    assert.equal(source.state.asked, 0)
    assert.equal((await storage.read.accounts.get('@ada:test' as UserId)).avatarUrl, null)
  })
})
