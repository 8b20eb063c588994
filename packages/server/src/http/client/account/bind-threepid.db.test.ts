import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { verifyJson } from '@ranvier/protocol/event/sign'
import { generateSigningKey, parseVerifyKey } from '@ranvier/protocol/event/signing-key'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { identityServers } from '../../../accounts/threepids/identity-server.ts'
import { systemClock } from '../../../clock.ts'
import { DEFAULT_BLOCKED_RANGES } from '../../../outbound/address-policy.ts'
import { OutboundClient } from '../../../outbound/client.ts'
import { type AccountServer, accountServer } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  // Self-signed, for localhost and 127.0.0.1, made for tests.
  const read = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')
  const [cert, key] = [read('localhost.crt'), read('localhost.key')]

  const BIND = '/_matrix/client/v3/account/3pid/bind'
  const UNBIND = '/_matrix/client/v3/account/3pid/unbind'
  const DEACTIVATE = '/_matrix/client/v3/account/deactivate'
  const ADDRESS = { medium: 'email', address: 'a@mail.test' }
  const signingKey = generateSigningKey()

  interface Asked {
    path: string
    authorization: string
    body: Record<string, unknown>
  }

  /** A real server over TLS on this machine that answers as an identity server would, and one of ours that trusts it. */
  async function fixture(allowed = ['127.0.0.1']) {
    const asked: Asked[] = []
    let answer: { status: number; body: object } = { status: 200, body: ADDRESS }
    const idServer = createServer({ cert, key }, async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = JSON.parse(Buffer.concat(chunks).toString())
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body })
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body))
    })
    idServer.listen(0, '127.0.0.1')
    await once(idServer, 'listening')
    const outbound = new OutboundClient({
      clock: systemClock(),
      addresses: { blocked: DEFAULT_BLOCKED_RANGES, allowed },
      userAgent: 'Ranvier',
      ca: cert,
    })
    const server = await accountServer({
      open,
      identityServers: identityServers({ outbound, serverName: 'test' as ServerName, signingKey }),
    })
    return {
      server,
      asked,
      id_server: `127.0.0.1:${(idServer.address() as AddressInfo).port}`,
      answerWith(status: number, body: object = {}) {
        answer = { status, body }
      },
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await outbound[Symbol.asyncDispose]()
        idServer.closeAllConnections()
        idServer.close()
      },
    }
  }

  const creds = (id_server: string) => ({
    sid: 's',
    client_secret: 'c',
    id_server,
    id_access_token: 'for them',
  })
  const deactivate = (server: AccountServer, token: string) =>
    server.call('POST', DEACTIVATE, {
      token,
      body: { auth: { type: 'm.login.password', user: 'alice', password: 'pw-alice' } },
    })

  test('an address is bound with the user’s token, and unbound with our signature', async () => {
    await using world = await fixture()
    const { server, asked, id_server } = world
    const { token } = await server.user('alice')

    const bound = await server.call('POST', BIND, { token, body: creds(id_server) })
    assert.deepEqual([bound.status, bound.body], [200, {}])
    assert.deepEqual(asked.shift(), {
      path: '/_matrix/identity/v2/3pid/bind',
      authorization: 'Bearer for them',
      body: { sid: 's', client_secret: 'c', mxid: '@alice:test' },
    })

    const unbound = await server.call('POST', UNBIND, { token, body: ADDRESS })
    assert.deepEqual(unbound.body, { id_server_unbind_result: 'success' })
    const { path: uri, authorization, body: content } = asked.shift()!
    assert.deepEqual(
      [uri, content],
      ['/_matrix/identity/v2/3pid/unbind', { mxid: '@alice:test', threepid: ADDRESS }],
    )
    const [, keyId, sig] = /^X-Matrix origin="test",key="([^"]+)",sig="([^"]+)"$/.exec(authorization)!
    const signed = {
      ...{ method: 'POST', uri, origin: 'test', destination_is: id_server, content },
      signatures: { test: { [keyId!]: sig } },
    }
    assert.ok(
      verifyJson(signed, 'test', (id) =>
        id === signingKey.keyId ? parseVerifyKey(signingKey.publicKey) : undefined,
      ),
    )

    const again = await server.call('POST', UNBIND, { token, body: ADDRESS })
    assert.deepEqual([again.body, asked], [{ id_server_unbind_result: 'no-support' }, []])
  })

  test('what the identity server refuses is told by its code alone', async () => {
    await using world = await fixture()
    const { server, id_server } = world
    const { token } = await server.user('alice')
    const bind = async () => {
      const { status, body } = await server.call('POST', BIND, { token, body: creds(id_server) })
      return [status, body.errcode, body.error]
    }

    world.answerWith(404, { errcode: 'M_NO_VALID_SESSION', error: 'our words' })
    assert.deepEqual(await bind(), [404, 'M_NO_VALID_SESSION', 'The identity server has refused this'])
    world.answerWith(400, { errcode: 'CHOSEN_BY_THEM' })
    assert.equal((await bind())[1], 'M_UNKNOWN')
    for (const [status, body] of [
      [500, {}],
      [302, {}],
      [200, { medium: 5 }],
    ] as const) {
      world.answerWith(status, body)
      assert.deepEqual((await bind()).slice(0, 2), [502, 'M_UNKNOWN'])
    }
  })

  test('servers of our own network are not asked, and nothing else is made of the name', async () => {
    await using world = await fixture([])
    const { server, asked, id_server } = world
    const { token } = await server.user('alice')

    const own = await server.call('POST', BIND, { token, body: creds(id_server) })
    assert.deepEqual([own.status, asked], [502, []])
    for (const name of ['id.test/path', 'user@id.test', 'https://id.test', '', 'a b']) {
      const { status, body } = await server.call('POST', BIND, { token, body: creds(name) })
      assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM'], name)
    }
  })

  test('who closes their account is unbound first; if that cannot be, the account stays', async () => {
    await using world = await fixture()
    const { server, asked, id_server } = world
    const { token } = await server.user('alice')
    await server.call('POST', BIND, { token, body: creds(id_server) })
    asked.length = 0

    world.answerWith(500)
    const failed = await deactivate(server, token)
    assert.deepEqual([failed.status, failed.body.errcode], [400, 'M_UNKNOWN'])
    assert.equal((await server.call('GET', '/_matrix/client/v3/account/whoami', { token })).status, 200)
    world.answerWith(501)
    const done = await deactivate(server, token)
    assert.deepEqual([done.status, done.body], [200, { id_server_unbind_result: 'no-support' }])
    assert.equal(asked.length, 2)
  })
})
