/** Limits that really limit, and overrides that lift what they say. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { actAs, CLIENT, enc, inRoom, outcome, v1User } from './cast.ts'

const SLOW = { per_second: 0.001, burst_count: 2 }
const LIMITED = '429 M_LIMIT_EXCEEDED'

serverMatrix((start) => {
  describe('limits of accounts', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    let rooms: string[]
    before(async () => {
      server = await start({
        testClock: true,
        configOverrides: {
          rc_message: SLOW,
          rc_joins: { local: SLOW, remote: SLOW },
          rc_invites: {
            per_room: { per_second: 1_000, burst_count: 1_000 },
            per_user: { per_second: 1_000, burst_count: 1_000 },
            per_issuer: SLOW,
          },
          rc_room_creation: SLOW,
          rc_media_create: SLOW,
          rc_presence: { per_user: SLOW },
          rc_user_directory: SLOW,
        },
      })
      admin = await server.registerAdmin()
      pia = await server.register('pia')
      await override(admin, { messages_per_second: 0 })
      await override(pia, { messages_per_second: 0 })
      rooms = []
      for (let i = 0; i < 4; i++)
        rooms.push(
          await pia.createRoom({ preset: 'public_chat', power_level_content_override: { invite: 0 } }),
        )
    })

    const override = (user: Client, limit: object) =>
      admin.post(v1User(user.userId, 'override_ratelimit'), limit as Record<string, unknown>)
    const lift = (user: Client) => admin.delete(v1User(user.userId, 'override_ratelimit'))

    /** A user in the first room, with every limit untouched. */
    async function newcomer(name: string): Promise<Client> {
      const user = await server.register(name)
      await override(user, { messages_per_second: 0 })
      await user.join(rooms[0]!)
      await lift(user)
      return user
    }
    const say = (user: Client) => outcome(user.send(rooms[0]!, 'hello'))
    async function repeat(times: number, ask: (time: number) => Promise<string>): Promise<string[]> {
      const outcomes: string[] = []
      for (let time = 0; time < times; time++) outcomes.push(await ask(time))
      return outcomes
    }
    /** Everything limited by account but messages, each asked three times: more than the limits allow. */
    const others: Record<string, (user: Client, time: number) => Promise<string>> = {
      joins: (user, time) => outcome(user.join(rooms[1 + time]!)),
      invites: (user, time) => outcome(user.invite(rooms[0]!, `@of${time}-${user.userId.slice(1)}`)),
      rooms: (user) => outcome(user.createRoom()),
      uploads: (user) => outcome(user.post('/_matrix/media/v1/create')),
      presence: (user) =>
        outcome(user.put(`${CLIENT}/presence/${enc(user.userId)}/status`, { presence: 'online' })),
      searches: (user) => outcome(user.post(`${CLIENT}/user_directory/search`, { search_term: 'a' })),
    }
    const askAll = async (user: Client) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(others).map(async ([name, ask]) => [
            name,
            await repeat(3, (time) => ask(user, time)),
          ]),
        ),
      ) as Record<string, string[]>

    test('hold without an override, and say how long to wait', async () => {
      const user = await newcomer('uma')
      for (const [name, outcomes] of Object.entries(await askAll(user)))
        assert.deepEqual(outcomes, ['200', '200', LIMITED], name)

      assert.deepEqual(await repeat(3, () => say(user)), ['200', '200', LIMITED])
      const refused = await fetch(server.url + inRoom(rooms[0]!, 'send/m.room.message/x'), {
        method: 'PUT',
        headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': 'application/json' },
        body: '{}',
      })
      assert.equal(refused.status, 429)
      const { retry_after_ms: waitMs } = (await refused.json()) as { retry_after_ms: number }
      assert.ok(waitMs > 0 && waitMs <= 1_000_000, String(waitMs))
      assert.equal(refused.headers.get('retry-after'), String(Math.ceil(waitMs / 1000)))
      server.advanceClock(waitMs)
      assert.deepEqual(await repeat(2, () => say(user)), ['200', LIMITED])
    })

    test('of messages are replaced by an override, the others stay', async () => {
      const user = await newcomer('vic')
      await override(user, { messages_per_second: 1, burst_count: 5 })
      assert.deepEqual(await repeat(6, () => say(user)), [...Array(5).fill('200'), LIMITED])
      server.advanceClock(2_000)
      assert.deepEqual(await repeat(3, () => say(user)), ['200', '200', LIMITED])
      for (const [name, outcomes] of Object.entries(await askAll(user)))
        assert.deepEqual(outcomes, ['200', '200', LIMITED], name)
    })

    test('are all lifted by an override of 0, until it is taken away', async () => {
      const user = await newcomer('wim')
      await override(user, { messages_per_second: 0, burst_count: 0 })
      assert.deepEqual(await repeat(20, () => say(user)), Array(20).fill('200'))
      for (const [name, outcomes] of Object.entries(await askAll(user)))
        assert.deepEqual(outcomes, ['200', '200', '200'], name)

      await lift(user)
      assert.deepEqual(await admin.get(v1User(user.userId, 'override_ratelimit')), {})
      assert.deepEqual(await repeat(3, () => say(user)), ['200', '200', LIMITED])
    })

    test('of logging in are not the account’s', async () => {
      const strict = await start({ configOverrides: { rc_login: { account: SLOW } } })
      const boss = await strict.registerAdmin()
      const user = await strict.register('xia')
      await boss.post(v1User(user.userId, 'override_ratelimit'), { messages_per_second: 0 })
      const logIn = () => outcome(Client.logIn(strict.url, 'xia'))
      assert.deepEqual(await repeat(3, logIn), ['200', '200', LIMITED])
    })

    test('are the administrator’s own when acting as a user, but for the limit of messages', async () => {
      const user = await newcomer('yan')
      const unlimited = await actAs(admin, user)
      assert.deepEqual(await repeat(4, () => say(unlimited)), Array(4).fill('200'))
      const boss = await server.registerAdmin('boss')
      const puppet = await actAs(boss, user)
      assert.deepEqual(await repeat(3, () => say(puppet)), ['200', '200', LIMITED])
      await override(user, { messages_per_second: 1, burst_count: 4 })
      assert.deepEqual(await repeat(3, () => say(puppet)), ['200', '200', LIMITED])
    })

    test('are not used up by what a shadow-banned user believes to send', async () => {
      const user = await newcomer('zoe')
      await admin.post(v1User(user.userId, 'shadow_ban'))
      assert.deepEqual(await repeat(4, () => say(user)), Array(4).fill('200'))
    })

    test('are refused as overrides when they are no whole numbers from 0 on', async () => {
      for (const limit of [-1, 1.5, '1', true, null])
        assert.match(await outcome(override(pia, { messages_per_second: limit })), /^400 M_INVALID_PARAM/)
      assert.match(await outcome(override(pia, { burst_count: -1 })), /^400 M_INVALID_PARAM/)
    })

    test('are each account’s own', async () => {
      const [one, two] = [await newcomer('sam'), await newcomer('tom')]
      assert.deepEqual(await repeat(3, () => say(one)), ['200', '200', LIMITED])
      assert.equal(await say(two), '200')
    })
  })
})
