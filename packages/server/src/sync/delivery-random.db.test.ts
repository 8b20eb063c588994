/** A device whose connection breaks, that asks twice at once, and whose user is forgotten and logged out elsewhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { bodies, randomFrom, requesterOf, type SyncFixture, syncFixture, type TestAnswer } from './fixture.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => requesterOf(name)) as [
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
]
const FILTER = { room: { timeline: { limit: 100 } } }
const STEPS = 80

/** What happens to alice, and what her device keeps of the answers it gets. */
class Story {
  readonly sent = { toDevice: [] as string[], texts: [] as string[] }
  readonly kept = { toDevice: [] as string[], texts: [] as string[] }
  /** Whose new keys the device has not been told of. */
  readonly changed = new Set<string>()
  since = ''
  readonly #server: SyncFixture
  readonly #storage: Storage
  readonly #roomId: RoomId
  #serial = 0

  constructor(server: SyncFixture, storage: Storage, roomId: RoomId) {
    this.#server = server
    this.#storage = storage
    this.#roomId = roomId
  }

  ask(timeoutMs = 0, signal = new AbortController().signal): Promise<TestAnswer> {
    const { since } = this
    return this.#server.syncAs(alice, { ...(since !== '' && { since }), filter: FILTER, timeoutMs, signal })
  }

  keep(answer: TestAnswer): void {
    this.since = answer.next_batch
    this.kept.toDevice.push(...(answer.to_device?.events.map((event) => event.type) ?? []))
    this.kept.texts.push(...((bodies(answer.rooms?.join?.[this.#roomId]) ?? []) as string[]))
    for (const userId of answer.device_lists?.changed ?? []) this.changed.delete(userId)
  }

  async post(): Promise<void> {
    const type = `m${this.#serial++}`
    this.sent.toDevice.push(type)
    const message = `{"content":{},"sender":"@x:test","type":"${type}"}`
    await this.#storage.write((tx) =>
      tx.toDevice.add([{ userId: alice.userId, deviceId: alice.deviceId!, message }]),
    )
  }

  async say(): Promise<void> {
    const body = `t${this.#serial++}`
    this.sent.texts.push(body)
    await this.#server.say(bob, this.#roomId, body)
  }

  async changeKeys(): Promise<void> {
    await this.#storage.write((tx) => tx.devices.recordListChange(bob.userId))
    this.changed.add(bob.userId)
  }

  /** Everything at once in one transaction, with what answers her waiting requests. */
  async logOutElsewhere(): Promise<void> {
    const type = `m${this.#serial++}`
    this.sent.toDevice.push(type)
    const message = `{"content":{},"sender":"@x:test","type":"${type}"}`
    await this.#storage.write(async (tx) => {
      await tx.tokens.deleteOfDevices(alice.userId, ['elsewhere'])
      await tx.toDevice.add([{ userId: alice.userId, deviceId: alice.deviceId!, message }])
      await tx.devices.recordListChange(alice.userId)
    })
    this.changed.add(alice.userId)
  }
}

async function step(story: Story, server: SyncFixture, random: (below: number) => number): Promise<void> {
  const happen = async (): Promise<void> => {
    const what = [
      () => story.post(),
      () => story.say(),
      () => story.changeKeys(),
      () => story.logOutElsewhere(),
    ]
    await what[random(what.length)]!()
  }
  const later = async <T>(run: () => Promise<T>): Promise<T> => {
    for (let ticks = random(8); ticks > 0; ticks--) await new Promise(setImmediate)
    return run()
  }
  switch (random(8)) {
    case 0: // an answer that never arrives
      return void (await story.ask())
    case 1: {
      // the same asked twice at once, as after a connection that seemed broken; one answer is read
      const [first, second] = await Promise.all([
        later(() => story.ask()),
        later(() => story.ask()),
        later(happen),
      ])
      return story.keep(random(2) === 0 ? first : second)
    }
    case 2: {
      const waiting = story.ask(30_000)
      await later(happen)
      await later(happen)
      return story.keep(await waiting)
    }
    case 3: {
      const broken = new AbortController()
      const waiting = story.ask(30_000, broken.signal)
      const happened = later(happen)
      await later(async () => broken.abort())
      await happened
      return void (await waiting)
    }
    case 4: // alice is forgotten: only one user is kept in memory
      return void (await server.syncAs(carol))
    case 5:
      return story.keep(await story.ask())
    default:
      return happen()
  }
}

databaseMatrix((open) => {
  test('a device hears of everything once, in order, whatever breaks in between', async () => {
    for (const seed of [1, 2, 3, 4]) {
      await using storage = await open()
      // With one change kept of each stream, what came before it is read from the database.
      const server = await syncFixture(storage, { activeUsers: 1, ...(seed % 2 === 0 && { maxChanged: 1 }) })
      const roomId = await server.create(alice)
      await server.join(bob, roomId)
      const story = new Story(server, storage, roomId)
      story.keep(await story.ask())
      const random = randomFrom(seed)

      for (let i = 0; i < STEPS; i++) await step(story, server, random)
      while (story.kept.toDevice.length < story.sent.toDevice.length) {
        const before = story.since
        story.keep(await story.ask())
        if (story.since === before) break
      }
      story.keep(await story.ask())

      assert.deepEqual(story.kept, story.sent, `seed ${seed}`)
      assert.deepEqual([...story.changed], [], `seed ${seed}`)
    }
  })
})
