import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { signJson } from '@ranvier/protocol/event/sign'
import { generateSigningKey } from '@ranvier/protocol/event/signing-key'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { identityServers } from '../../../accounts/threepids/identity-server.ts'
import { systemClock } from '../../../clock.ts'
import { OutboundClient } from '../../../outbound/client.ts'
import { testServer } from './test-server.ts'

// Self-signed, for localhost and 127.0.0.1, made for tests.
const read = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')
const [cert, key] = [read('localhost.crt'), read('localhost.key')]
const ADDRESS = { medium: 'email', address: 'Bob@Mail.test' }
const ON_BIND = '/_matrix/federation/v1/3pid/onbind'

/** A real identity server over TLS on this machine: it looks up hashes, stores invites and signs what it has stored. */
async function identityServer() {
  const signingKey = generateSigningKey()
  const known = new Map<string, string>()
  const asked: { path: string; authorization: string | undefined; body: Record<string, unknown> }[] = []
  const state = { pepper: 'pepper', holds: true, status: 200, tokens: 0 }
  const hash = (text: string) => createHash('sha256').update(`${text} ${state.pepper}`).digest('base64url')
  let port = 0

  const answers: Record<string, (body: Record<string, unknown>) => object> = {
    '/v2/hash_details': () => ({ lookup_pepper: state.pepper, algorithms: ['none', 'sha256'] }),
    '/v2/lookup': ({ addresses }) => {
      const wanted = addresses as string[]
      const found = [...known].filter(([address]) => wanted.includes(hash(address)))
      return { mappings: Object.fromEntries(found.map(([address, mxid]) => [hash(address), mxid])) }
    },
    '/v2/store-invite': () => ({
      token: `token-${++state.tokens}`,
      display_name: 'b…@m…',
      public_keys: [
        {
          public_key: signingKey.publicKey,
          key_validity_url: `https://127.0.0.1:${port}/_matrix/identity/v2/pubkey/isvalid`,
        },
      ],
    }),
    '/v2/pubkey/isvalid': () => ({ valid: state.holds }),
  }
  const server = createServer({ cert, key }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const path = request.url!.replace('/_matrix/identity', '')
    const body = text === '' ? {} : JSON.parse(text)
    asked.push({ path, authorization: request.headers.authorization, body })
    const answer = answers[path.split('?')[0]!]!(body)
    const status = path.includes('isvalid') ? 200 : state.status
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? answer : { errcode: 'M_TERMS_NOT_SIGNED' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  return {
    name: `127.0.0.1:${port}`,
    state,
    asked,
    know: (address: string, mxid: string) => known.set(address, mxid),
    /** What it gives to who has shown that the address is theirs. */
    sign: (mxid: string, token: string) =>
      signJson({ mxid, token }, 'id.test' as ServerName, signingKey) as Record<string, unknown>,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

databaseMatrix((open) => {
  async function world() {
    const ids = await identityServer()
    const outbound = new OutboundClient({
      clock: systemClock(),
      addresses: { blocked: [], allowed: ['127.0.0.1'] },
      userAgent: 'Ranvier',
      ca: cert,
    })
    const server = await testServer(await open(), {
      identityServers: identityServers({
        outbound,
        serverName: 'test' as ServerName,
        signingKey: generateSigningKey(),
      }),
    })
    const { room_id: roomId } = await server.ok('alice', 'POST', '/createRoom', { name: 'Den' })
    const room = `/rooms/${encodeURIComponent(roomId)}`
    const threepid = { ...ADDRESS, id_server: ids.name, id_access_token: 'for them' }
    return {
      ids,
      server,
      roomId: roomId as string,
      room,
      threepid,
      invite: (by: string, body: object = threepid) => server.call(by, 'POST', `${room}/invite`, body),
      member: async (userId: string) =>
        (await server.call('alice', 'GET', `${room}/state/m.room.member/${userId}`)).body,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await outbound[Symbol.asyncDispose]()
        await ids[Symbol.asyncDispose]()
      },
    }
  }

  test('who has the address is invited, and the identity server is told its hash only', async () => {
    await using w = await world()
    w.ids.know('bob@mail.test email', '@bob:test')

    const answer = await w.invite('alice')

    assert.deepEqual([answer.status, answer.body], [200, {}])
    assert.equal((await w.member('@bob:test')).membership, 'invite')
    assert.deepEqual(
      w.ids.asked.map(({ path, authorization }) => [path, authorization]),
      [
        ['/v2/hash_details', 'Bearer for them'],
        ['/v2/lookup', 'Bearer for them'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(w.ids.asked), /mail\.test/)
  })

  test('nobody has it: whoever shows that it is theirs is invited, by the identity server’s word', async () => {
    await using w = await world()

    assert.equal((await w.invite('alice')).status, 200)
    const stored = w.ids.asked.at(-1)!
    assert.equal(stored.path, '/v2/store-invite')
    assert.deepEqual(stored.body, {
      medium: 'email',
      address: 'bob@mail.test',
      room_id: w.roomId,
      room_name: 'Den',
      room_join_rules: 'invite',
      sender: '@alice:test',
      sender_display_name: 'alice',
    })
    const state = await w.server.ok('alice', 'GET', `${w.room}/state/m.room.third_party_invite/token-1`)
    assert.equal(state.display_name, 'b…@m…')
    assert.equal(state.public_key, state.public_keys[0].public_key)

    const proof = { room_id: w.roomId, sender: '@alice:test', signed: w.ids.sign('@bob:test', 'token-1') }
    const bad = [
      { ...proof, signed: { ...proof.signed, mxid: '@eve:test' } },
      { ...proof, sender: '@carol:test' },
      { ...proof, room_id: '!other:test' },
      { ...proof, signed: w.ids.sign('@bob:test', 'token-2') },
      { ...proof, signed: w.ids.sign('@bob:elsewhere', 'token-1') },
    ]
    assert.equal((await w.server.call(null, 'PUT', ON_BIND, { invites: bad })).status, 200)
    for (const userId of ['@bob:test', '@eve:test'])
      assert.equal((await w.member(userId)).errcode, 'M_NOT_FOUND', userId)

    const bound = { ...ADDRESS, mxid: '@bob:test', invites: [{ ...ADDRESS, mxid: '@bob:test', ...proof }] }
    assert.equal((await w.server.call(null, 'PUT', ON_BIND, bound)).status, 200)
    const member = await w.member('@bob:test')
    assert.equal(member.membership, 'invite')
    assert.deepEqual(member.third_party_invite, { display_name: 'b…@m…', signed: proof.signed })
    assert.equal((await w.server.call('bob', 'POST', `${w.room}/join`, {})).status, 200)
    assert.equal((await w.server.call(null, 'PUT', ON_BIND, bound)).status, 200, 'a repetition')
    assert.equal((await w.member('@bob:test')).membership, 'join')
  })

  test('who joins may bring the proof along; a key that holds no more proves nothing', async () => {
    await using w = await world()
    await w.invite('alice')
    const proof = { sender: '@alice:test', ...w.ids.sign('@bob:test', 'token-1') }
    const join = (who: string, third_party_signed: object) =>
      w.server.call(who, 'POST', `${w.room}/join`, { third_party_signed })

    assert.equal((await join('eve', proof)).status, 403)
    assert.equal((await join('bob', { ...proof, token: 'token-9' })).status, 403)
    assert.equal((await join('bob', { sender: 1 })).status, 400)
    w.ids.state.holds = false
    assert.equal((await join('bob', proof)).status, 403)
    w.ids.state.holds = true
    assert.equal((await join('bob', proof)).status, 200)
    assert.equal((await w.member('@bob:test')).membership, 'join')
    // Taken back: it proves nothing for others.
    const other = { sender: '@alice:test', ...w.ids.sign('@carol:test', 'token-1') }
    await w.server.ok('alice', 'PUT', `${w.room}/state/m.room.third_party_invite/token-1`, {})
    assert.equal((await join('carol', other)).status, 403)
  })

  test('what is wrong is refused before anybody is asked', async () => {
    await using w = await world()
    const refusal = async (by: string, body: object) => {
      const answer = await w.invite(by, body)
      return [answer.status, answer.body.errcode]
    }

    assert.deepEqual(await refusal('eve', w.threepid), [403, 'M_FORBIDDEN'])
    const { id_access_token: _, ...old } = w.threepid
    assert.deepEqual(await refusal('alice', old), [403, 'M_FORBIDDEN'])
    assert.deepEqual(await refusal('alice', { medium: 'email' }), [400, 'M_MISSING_PARAM'])
    assert.deepEqual(await refusal('alice', { ...w.threepid, address: 'x' }), [400, 'M_UNKNOWN'])
    assert.deepEqual(await refusal('alice', { ...w.threepid, medium: 'fax' }), [400, 'M_INVALID_PARAM'])
    for (const id_server of ['a/b', 'a?', 'user@a'])
      assert.deepEqual(await refusal('alice', { ...w.threepid, id_server }), [400, 'M_INVALID_PARAM'])
    assert.equal(w.ids.asked.length, 0)

    w.ids.state.status = 403
    assert.deepEqual(await refusal('alice', w.threepid), [403, 'M_TERMS_NOT_SIGNED'])
    w.ids.state.status = 500
    assert.deepEqual(await refusal('alice', w.threepid), [502, 'M_UNKNOWN'])
  })

  test('a new room invites addresses', async () => {
    await using w = await world()
    const { room_id } = await w.server.ok('alice', 'POST', '/createRoom', { invite_3pid: [w.threepid] })

    const path = `/rooms/${encodeURIComponent(room_id)}/state/m.room.third_party_invite/token-1`
    assert.equal((await w.server.ok('alice', 'GET', path)).display_name, 'b…@m…')
  })
})
