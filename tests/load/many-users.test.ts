/** Many people at once: nothing fails, and everyone sees every message exactly once, in the same order. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Client, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { Follower } from './follower.ts'

const USERS = 200
const ROOMS = 20
const USERS_PER_ROOM = 20
const TIMEOUT_MS = 120_000
const REGISTRATIONS_AT_ONCE = 20

/** In steps: nobody's server gets all its users in one instant, and sockets are not what is tested here. */
async function inSteps<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < items.length; i += atOnce)
    results.push(...(await Promise.all(items.slice(i, i + atOnce).map((item, j) => work(item, i + j)))))
  return results
}

const textsOf = async (client: Client, roomId: string) =>
  (await client.history(roomId))
    .filter((event) => event.type === 'm.room.message')
    .map((event) => event.content['body'])

serverMatrix((start) => {
  let server: Ranvier
  let users: Client[]
  before(async () => {
    server = await start({ configOverrides: { presence: { enabled: false } } })
    const names = Array.from({ length: USERS }, (_, i) => `user${i}`)
    users = await inSteps(names, REGISTRATIONS_AT_ONCE, (name) => server.register(name))
  })

  test(`${USERS} users join one room and write at once`, { timeout: TIMEOUT_MS }, async () => {
    const each = 3
    const [owner] = users as [Client, ...Client[]]
    const roomId = await owner.createRoom({ preset: 'public_chat' })
    await Promise.all(users.slice(1).map((user) => user.join(roomId)))
    const followers = users.map((user) => new Follower(user))
    await inSteps(followers, 50, (follower) => follower.begin())
    const signal = AbortSignal.timeout(TIMEOUT_MS)

    const following = followers.map((follower) => follower.follow([roomId], USERS * each, signal))
    await Promise.all(
      users.map(async (user, i) => {
        for (let n = 0; n < each; n++) await user.send(roomId, `${n} from ${i}`)
      }),
    )
    await Promise.all(following)

    const order = await textsOf(owner, roomId)
    assert.equal(order.length, USERS * each)
    assert.equal(new Set(order).size, USERS * each)
    for (const follower of followers)
      assert.deepEqual(follower.texts.get(roomId), order, follower.client.userId)
  })

  test(`${ROOMS} rooms of ${USERS_PER_ROOM} users write at once`, { timeout: TIMEOUT_MS }, async () => {
    const each = 5
    const members = Array.from({ length: ROOMS }, (_, room) =>
      Array.from({ length: USERS_PER_ROOM }, (_, i) => users[(room * 10 + i) % USERS]!),
    )
    const roomIds = await Promise.all(members.map(([owner]) => owner!.createRoom({ preset: 'public_chat' })))
    await Promise.all(members.flatMap((list, room) => list.slice(1).map((user) => user.join(roomIds[room]!))))
    const followers = users.map((user) => new Follower(user))
    await inSteps(followers, 50, (follower) => follower.begin())
    const roomsOf = (user: Client) => roomIds.filter((_, room) => members[room]!.includes(user))
    const signal = AbortSignal.timeout(TIMEOUT_MS)

    const following = followers.map((follower) =>
      follower.follow(roomsOf(follower.client), USERS_PER_ROOM * each, signal),
    )
    const sends = members.flatMap((list, room) =>
      list.map(async (user) => {
        for (let n = 0; n < each; n++) await user.send(roomIds[room]!, `${user.userId} ${n}`)
      }),
    )
    await Promise.all([...sends, ...following])

    for (const [room, list] of members.entries()) {
      const order = await textsOf(list[0]!, roomIds[room]!)
      assert.equal(new Set(order).size, USERS_PER_ROOM * each)
      for (const user of list) {
        const own = order.filter((text) => String(text).startsWith(`${user.userId} `))
        assert.deepEqual(
          own,
          Array.from({ length: each }, (_, n) => `${user.userId} ${n}`),
        )
        const follower = followers[users.indexOf(user)]!
        assert.deepEqual(follower.texts.get(roomIds[room]!), order, `${user.userId} in room ${room}`)
      }
    }
  })

  test('the server has logged no error', () => {
    assert.deepEqual(
      server.log.filter((line) => /"level":[56]0/.test(line)),
      [],
    )
  })
})
