/** The machine's clock is set back an hour while the server runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrixError, type Ranvier, request, serverMatrix } from '@ranvier/testkit'

const HOUR_MS = 3_600_000
const TIMEOUT_MS = 60_000
const DAY = '/_matrix/client/v3'

serverMatrix((start) => {
  /** A server whose clock has been an hour ahead, and is set right by the function. */
  const startAhead = async (
    configOverrides: Record<string, unknown> = {},
  ): Promise<[Ranvier, () => void]> => {
    const server = await start({ testClock: true, configOverrides })
    server.advanceClock(HOUR_MS)
    return [server, () => server.advanceClock(-HOUR_MS)]
  }

  test('events stay in their order, and none is younger than now', { timeout: TIMEOUT_MS }, async () => {
    const [server, setBack] = await startAhead()
    const alice = await server.register('alice')
    const roomId = await alice.createRoom()
    await alice.send(roomId, 'before')

    setBack()
    await alice.send(roomId, 'after')

    const { rooms } = await alice.sync()
    const events = [...(await alice.history(roomId)), ...rooms!.join![roomId]!.timeline!.events]
    const texts = events.filter(({ type }) => type === 'm.room.message').map(({ content }) => content['body'])
    assert.deepEqual(texts, ['before', 'after', 'before', 'after'])
    for (const { unsigned, type } of events)
      assert.ok(Number(unsigned?.['age']) >= 0, `${type}: ${unsigned?.['age']}`)
  })

  test('a waiting sync ends when it was to, and is woken', { timeout: TIMEOUT_MS }, async () => {
    const [server, setBack] = await startAhead()
    const alice = await server.register('alice')
    const bob = await server.register('bob')
    const roomId = await alice.createRoom()
    const { next_batch: since } = await alice.sync()
    const { next_batch: nothing } = await bob.sync()
    const woken = alice.syncUntil(({ rooms }) => JSON.stringify(rooms ?? {}).includes('after'), { since })
    const ended = bob.sync({ since: nothing, timeoutMs: 1_000 })

    setBack()
    await alice.send(roomId, 'after')

    await woken
    assert.equal((await ended).rooms, undefined)
  })

  test('who has used up a rate is not locked out for an hour', { timeout: TIMEOUT_MS }, async () => {
    const [server, setBack] = await startAhead({ rc_message: { per_second: 1, burst_count: 2 } })
    const alice = await server.register('alice')
    const roomId = await alice.createRoom()
    await alice.send(roomId, 'one')
    await alice.send(roomId, 'two')

    setBack()
    await assert.rejects(alice.send(roomId, 'too soon'), matrixError(429, 'M_LIMIT_EXCEEDED'))
    server.advanceClock(2_000)

    await alice.send(roomId, 'three')
  })

  test('tokens are good, new ones can be had, and jobs are done', { timeout: TIMEOUT_MS }, async () => {
    const [server, setBack] = await startAhead({ refreshable_access_token_lifetime: '5m' })
    const admin = await server.registerAdmin()
    const roomId = await admin.createRoom({ preset: 'public_chat' })
    await server.register('alice')
    const tokens = await request<Record<'access_token' | 'refresh_token', string>>(
      server.url,
      'POST',
      `${DAY}/login`,
      {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'alice' },
        password: 'pw-alice',
        refresh_token: true,
      },
    )

    const job = await admin.delete<{ delete_id: string }>(
      `/_synapse/admin/v2/rooms/${encodeURIComponent(roomId)}`,
      { purge: true },
    )
    setBack()

    const whoami = (accessToken: string) =>
      request(server.url, 'GET', `${DAY}/account/whoami`, undefined, { accessToken })
    await whoami(tokens.access_token)
    const { refresh_token } = tokens
    const fresh = await request<{ access_token: string }>(server.url, 'POST', `${DAY}/refresh`, {
      refresh_token,
    })
    await whoami(fresh.access_token)
    const status = () =>
      admin.get<{ status: string }>(`/_synapse/admin/v2/rooms/delete_status/${job.delete_id}`)
    const deadlineMs = performance.now() + TIMEOUT_MS / 2
    while ((await status()).status !== 'complete') assert.ok(performance.now() < deadlineMs, 'the job waits')
  })
})
