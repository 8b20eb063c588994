import { ask, type Call, call, callJson } from '../call.ts'
import { lanes } from '../measure.ts'
import { asked, CLIENT, eachOf, enc, get, type Scenario, sendCall } from './scenario.ts'

const ROOMS = 50
const MESSAGES = 100

const initial: Scenario = {
  name: 'initial-sync',
  summary: 'the first sync of somebody in 50 rooms of 100 messages',
  async prepare(target) {
    const [reader] = await target.people(1)
    const { admin } = target
    const roomIds: string[] = []
    for (let i = 0; i < ROOMS; i++) roomIds.push(await admin.createRoom({ preset: 'public_chat' }))
    await eachOf(roomIds, 10, async (roomId) => {
      for (let i = 0; i < MESSAGES; i++) await ask(sendCall(admin, roomId))
      await reader!.join(roomId)
    })
    // As a client asks that does not take the server's memory of its last answer: each has another filter. Offline, or
    // half a minute later all who share a room with the reader would hear of it, in whatever is measured then.
    let n = 0
    const sync = () =>
      get(
        reader!,
        `${CLIENT}/sync?set_presence=offline&timeout=0&filter=${enc(JSON.stringify({ room: { timeline: { limit: 20 }, rooms: roomIds, not_rooms: [`!${n++}:nowhere`] } }))}`,
      )
    return {
      round: (bound) => lanes(1, bound, () => ask(sync())),
      http: { lanes: 1, asked: [await asked(sync())] },
    }
  },
}

const idle: Scenario = {
  name: 'idle-sync',
  summary: 'incremental syncs of 200 clients with nothing new, 8 at once',
  async prepare(target) {
    const people = await target.people(200)
    const path = (since: string) => `${CLIENT}/sync?set_presence=offline&timeout=0&since=${enc(since)}`
    const calls: Call[] = []
    const answers: string[] = []
    for (const person of people) {
      const first = get(person, `${CLIENT}/sync?set_presence=offline&timeout=0`)
      const since = (await callJson<{ next_batch: string }>(first)).next_batch
      calls.push(get(person, path(since)))
      answers.push('')
    }
    const sync = async (index: number) => {
      const answer = await call(calls[index]!)
      if (answer === answers[index]) return
      answers[index] = answer
      calls[index] = get(people[index]!, path(JSON.parse(answer).next_batch))
    }
    for (const index of people.keys()) await sync(index)
    return {
      // As clients do, each goes on from its last answer: news that comes meanwhile is told once, and no more. An answer that
      // is the one before is not read again: the floor's client reads none.
      round: (bound) => lanes(8, bound, (lane, n) => sync((lane * 25 + n) % people.length)),
      http: { lanes: 8, asked: [await asked(calls[0]!)] },
    }
  },
}

export const syncing: readonly Scenario[] = [initial, idle]
