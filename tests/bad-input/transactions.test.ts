import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Client, matrixError, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { send } from './world.ts'

serverMatrix((start) => {
  let server: Ranvier
  let alice: Client
  let roomId: string
  before(async () => {
    server = await start({ testClock: true, configOverrides: { refreshable_access_token_lifetime: '5m' } })
    alice = await server.register('alice')
    roomId = await alice.createRoom({})
  })
  const messagesWith = async (body: string) =>
    (await alice.history(roomId)).filter((event) => event.content['body'] === body)

  test('a transaction id sent again gives the same event, whatever the body says', async () => {
    const first = await alice.send(roomId, 'once', { txnId: 'again' })
    const second = await alice.send(roomId, 'once', { txnId: 'again' })
    const third = await alice.send(roomId, 'other text', { txnId: 'again' })

    assert.deepEqual([second, third], [first, first])
    assert.equal((await messagesWith('once')).length, 1)
    assert.equal((await messagesWith('other text')).length, 0)
  })

  test('the same transaction id many times at once makes one event', async () => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, () => alice.send(roomId, 'at once', { txnId: 'at-once' })),
    )

    assert.equal(new Set(ids).size, 1)
    assert.equal((await messagesWith('at once')).length, 1)
  })

  test('a transaction id is remembered after a restart', async () => {
    const first = await alice.send(roomId, 'before', { txnId: 'restart' })
    await server.restart()

    assert.equal(await alice.send(roomId, 'after', { txnId: 'restart' }), first)
  })

  test('a transaction id belongs to a device: another one may use it too', async () => {
    const phone = await Client.logIn(server.url, 'alice')

    const ids = [
      await alice.send(roomId, 'two devices', { txnId: 'shared' }),
      await phone.send(roomId, 'two devices', { txnId: 'shared' }),
    ]

    assert.equal(new Set(ids).size, 2)
  })

  test('a send that was refused may be tried again with its transaction id', async () => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/refused`
    const refused = await send(server.url, 'PUT', path, { token: alice.accessToken, body: '{"body":1.5}' })

    assert.equal(refused.status, 400)
    assert.match(await alice.send(roomId, 'better', { txnId: 'refused' }), /^\$/)
  })

  test('to-device messages with the same transaction id arrive once', async () => {
    const bob = await server.register('bob')
    const { next_batch: since } = await bob.sync()
    const path = '/_matrix/client/v3/sendToDevice/com.example.ping/tx1'
    const body = { messages: { [bob.userId]: { '*': { n: 1 } } } }

    await Promise.all(Array.from({ length: 10 }, () => alice.put(path, body)))

    const answer = await bob.sync({ since })
    assert.equal(answer.to_device?.events.length, 1)
  })

  test('unknown, missing and logged-out tokens are told apart from nothing else', async () => {
    const gone = await Client.logIn(server.url, 'alice')
    await gone.logOut()
    const whoami = '/_matrix/client/v3/account/whoami'

    await assert.rejects(gone.get(whoami), matrixError(401, 'M_UNKNOWN_TOKEN'))
    await assert.rejects(
      alice.request('GET', whoami, undefined, { accessToken: 'rubbish' }),
      matrixError(401, 'M_UNKNOWN_TOKEN'),
    )
    await assert.rejects(
      alice.request('GET', whoami, undefined, { accessToken: null }),
      matrixError(401, 'M_MISSING_TOKEN'),
    )
    await assert.rejects(
      alice.request('GET', whoami, undefined, {
        accessToken: null,
        query: { access_token: 'x'.repeat(9_000) },
      }),
      matrixError(401, 'M_UNKNOWN_TOKEN'),
    )
  })

  test('an expired token is a soft logout, and refreshing it goes on', async () => {
    const login = await alice.request<{ access_token: string; refresh_token: string }>(
      'POST',
      '/_matrix/client/v3/login',
      {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'alice' },
        password: 'pw-alice',
        refresh_token: true,
      },
      { accessToken: null },
    )
    const whoami = (accessToken: string) =>
      send(server.url, 'GET', '/_matrix/client/v3/account/whoami', { token: accessToken })
    assert.equal((await whoami(login.access_token)).status, 200)

    server.advanceClock(6 * 60_000)

    const expired = await whoami(login.access_token)
    assert.deepEqual(
      [expired.status, expired.json['errcode'], expired.json['soft_logout']],
      [401, 'M_UNKNOWN_TOKEN', true],
    )
    const refreshed = await alice.request<{ access_token: string }>(
      'POST',
      '/_matrix/client/v3/refresh',
      { refresh_token: login.refresh_token },
      { accessToken: null },
    )
    assert.equal((await whoami(refreshed.access_token)).status, 200)
    await alice.request('GET', '/_matrix/client/v3/account/whoami')
  })
})
