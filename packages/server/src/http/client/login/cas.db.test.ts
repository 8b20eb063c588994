import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { readCasAnswer } from '../../../sso/cas-answer.ts'
import { wiredServer } from '../../wired-server.ts'
import { browser, logIn, REDIRECT, tokenIn } from './sso-fixture.ts'

/** A real CAS server that lets everybody in as `state` says. A ticket is good once, for its own service. */
async function casServer() {
  const state = { user: 'Ada', attributes: '', fails: false }
  const tickets = new Map<string, string>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://cas')
    asked.push(pathname)
    if (state.fails) return void response.writeHead(500).end()
    const ticket = searchParams.get('ticket') ?? ''
    const isGood = tickets.get(ticket) === searchParams.get('service') && /\/proxyValidate$/.test(pathname)
    tickets.delete(ticket)
    const attributes = pathname.startsWith('/cas/p3/')
      ? `<cas:attributes>${state.attributes}</cas:attributes>`
      : ''
    const inner = isGood
      ? `<cas:authenticationSuccess><cas:user>${state.user}</cas:user>${attributes}</cas:authenticationSuccess>`
      : '<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>'
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">\n  ${inner}\n</cas:serviceResponse>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cas`
  return {
    url,
    state,
    asked,
    /** What a browser gets that opens the page and logs in there: the way back. */
    logIn(page: string): string {
      assert.ok(page.startsWith(`${url}/login?`), page)
      const service = new URL(page).searchParams.get('service')!
      const ticket = `ST-${randomUUID()}`
      tickets.set(ticket, service)
      return `${service}&${new URLSearchParams({ ticket })}`
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const settingsOf = (cas: { url: string }, more: object = {}) => ({
  public_baseurl: 'https://matrix.test/',
  cas_config: { enabled: true, server_url: `${cas.url}/`, protocol_version: 3, ...more },
})

databaseMatrix((open) => {
  test('who has proven who they are to a CAS server gets an account, and finds it again', async () => {
    await using storage = await open()
    await using cas = await casServer()
    await using server = await wiredServer(storage, settingsOf(cas, { displayname_attribute: 'cn' }))
    cas.state.attributes = '<cas:cn>Ada &amp; Co</cas:cn>'
    const { flows } = await server.ok(null, 'GET', '/login')
    assert.deepEqual(flows.slice(1), [
      { type: 'm.login.sso', identity_providers: [{ id: 'cas', name: 'CAS' }] },
      { type: 'm.login.cas' },
      { type: 'm.login.token' },
    ])

    const page = await browser(server).logIn(cas)

    const { body } = await logIn(server, tokenIn(page.text))
    assert.equal(body.user_id, '@ada:test')
    assert.deepEqual(await storage.read.threepids.listExternalIds('@ada:test' as UserId), [
      { authProvider: 'cas', externalId: 'Ada' },
    ])
    assert.equal((await storage.read.accounts.get('@ada:test')).displayname, 'Ada & Co')
    assert.deepEqual(cas.asked, ['/cas/p3/proxyValidate'])
    for (const path of [`${REDIRECT}/cas`, '/_matrix/client/r0/login/cas/redirect']) {
      const again = await browser(server).logIn(cas, 'https://app.test/', path)
      assert.equal((await logIn(server, tokenIn(again.text))).body.user_id, '@ada:test', path)
    }
    assert.equal((await browser(server).open('/_matrix/client/v3/login/cas/redirect')).status, 400)
  })

  test('an account of the name is taken over, as the names there are those here', async () => {
    await using storage = await open()
    await using cas = await casServer()
    await using server = await wiredServer(storage, settingsOf(cas, { protocol_version: 2 }))
    await server.register('ada')

    const page = await browser(server).logIn(cas)

    assert.equal((await logIn(server, tokenIn(page.text))).body.user_id, '@ada:test')
    assert.deepEqual(cas.asked, ['/cas/proxyValidate'])
  })

  test('tickets are good once, in the browser that began, and only as the server says', async () => {
    await using storage = await open()
    await using cas = await casServer()
    await using server = await wiredServer(storage, settingsOf(cas))
    const begin = async (who: ReturnType<typeof browser>) => {
      const answer = await who.open(`${REDIRECT}?redirectUrl=https%3A%2F%2Fapp.test`)
      return cas.logIn(String(answer.headers.location))
    }
    const [mallory, victim] = [browser(server), browser(server)]

    const link = await begin(mallory)
    assert.equal((await victim.open(link)).status, 400)
    assert.equal((await mallory.open(link)).status, 200)
    assert.equal((await mallory.open(link)).status, 400)
    const forged = new URL(await begin(victim))
    forged.searchParams.set('ticket', 'ST-guessed')
    assert.equal((await victim.open(forged.href)).status, 403)
    const bare = new URL(await begin(victim))
    bare.searchParams.delete('ticket')
    assert.equal((await victim.open(bare.href)).status, 403)
    // A ticket for another log-in is one for another service.
    const [own, other] = [new URL(await begin(victim)), new URL(await begin(mallory))]
    own.searchParams.set('ticket', other.searchParams.get('ticket')!)
    assert.equal((await victim.open(own.href)).status, 403)
    cas.state.fails = true
    assert.equal((await victim.open(await begin(victim))).status, 403)
  })

  test('who may log in, and under which name, is for the operator to say', async () => {
    await using storage = await open()
    await using cas = await casServer()
    const status = async (server: Awaited<ReturnType<typeof wiredServer>>) =>
      (await browser(server).logIn(cas)).status
    {
      const required = { required_attributes: { staff: null, place: 'lab' } }
      await using server = await wiredServer(storage, settingsOf(cas, required))
      for (const [attributes, expected] of [
        ['', 403],
        ['<cas:staff/><cas:place>home</cas:place>', 403],
        ['<cas:staff/><cas:place>home</cas:place><cas:place>lab</cas:place>', 200],
      ] as const) {
        cas.state.attributes = attributes
        assert.equal(await status(server), expected, attributes)
      }
      cas.state.user = '12345'
      assert.equal(await status(server), 403, 'a number')
    }
    {
      await using server = await wiredServer(storage, settingsOf(cas, { allow_numeric_ids: true }))
      const page = await browser(server).logIn(cas)
      assert.equal((await logIn(server, tokenIn(page.text))).body.user_id, '@u12345:test')
    }
    cas.state.user = 'new'
    await using server = await wiredServer(storage, settingsOf(cas, { enable_registration: false }))
    assert.equal(await status(server), 403)
    await assert.rejects(
      wiredServer(storage, settingsOf(cas, { server_url: 'cas' })),
      /cas_config\.server_url/,
    )
    const numeric = { numeric_ids_prefix: '7' }
    await assert.rejects(wiredServer(storage, settingsOf(cas, numeric)), /cas_config\.numeric_ids_prefix/)
  })
})

test('answers of CAS servers are read, and what is none is no success', () => {
  const answer = (inner: string) => `<s:serviceResponse xmlns:s="x">${inner}</s:serviceResponse>`
  const read = readCasAnswer(
    answer(
      '<s:authenticationSuccess><s:user> a&lt;b </s:user><s:attributes><s:m>1</s:m><s:m>2</s:m></s:attributes></s:authenticationSuccess>',
    ),
  )
  assert.deepEqual(read, { user: 'a<b', attributes: new Map([['m', ['1', '2']]]) })
  for (const xml of [
    '',
    'yes\nada',
    '{}',
    answer('<s:authenticationFailure><s:user>ada</s:user></s:authenticationFailure>'),
    answer('<s:authenticationSuccess><s:user></s:user></s:authenticationSuccess>'),
    '<s:user>ada</s:user>',
  ])
    assert.equal(readCasAnswer(xml), undefined, xml)
})
