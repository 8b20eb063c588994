import { ask, type Call, call } from '../call.ts'
import { lanes, ownTimes } from '../measure.ts'
import { asked, CLIENT, enc, fresh, get, type Scenario, sendCall } from './scenario.ts'

const sequential: Scenario = {
  name: 'send-sequential',
  summary: 'one client sends one message after another',
  async prepare({ admin }) {
    const roomId = await admin.createRoom({})
    return {
      round: (bound) => lanes(1, bound, () => ask(sendCall(admin, roomId))),
      http: { lanes: 1, asked: [await asked(sendCall(admin, roomId))] },
    }
  },
}

const oneRoom: Scenario = {
  name: 'send-one-room',
  summary: '10 senders in one room, all at once',
  async prepare(target) {
    const senders = await target.people(10)
    const roomId = await target.admin.createRoom({ preset: 'public_chat' })
    for (const sender of senders) await sender.join(roomId)
    return {
      round: (bound) => lanes(senders.length, bound, (lane) => ask(sendCall(senders[lane]!, roomId))),
      http: { lanes: senders.length, asked: [await asked(sendCall(senders[0]!, roomId))] },
    }
  },
}

const manyRooms: Scenario = {
  name: 'send-50-rooms',
  summary: '50 senders in 50 rooms, all at once',
  async prepare(target) {
    const senders = await target.people(50)
    const roomIds = await Promise.all(senders.map((sender) => sender.createRoom({})))
    const send = (lane: number) => sendCall(senders[lane]!, roomIds[lane]!)
    return {
      round: (bound) => lanes(senders.length, bound, (lane) => ask(send(lane))),
      http: { lanes: senders.length, asked: [await asked(send(0))] },
    }
  },
}

const READERS = 100

const fanOut: Scenario = {
  name: 'fan-out',
  summary: 'one message to 100 long polls, until the last has it',
  async prepare(target) {
    const { admin, url } = target
    const readers = await target.people(READERS)
    const roomId = await admin.createRoom({ preset: 'public_chat' })
    for (const reader of readers) await reader.join(roomId)
    const filter = enc(JSON.stringify({ room: { rooms: [roomId] } }))
    const tokens = new Map<number, string>()
    const poll = (index: number, timeoutMs: number): Call => {
      const since = tokens.get(index)
      // Offline, or readers who come online would wake each other before the message does.
      const query = `set_presence=offline&filter=${filter}&timeout=${timeoutMs}${since === undefined ? '' : `&since=${enc(since)}`}`
      return get(readers[index]!, `${CLIENT}/sync?${query}`)
    }
    /** Syncs until an answer holds `text`. */
    const until = async (index: number, text: string, timeoutMs: number): Promise<void> => {
      for (;;) {
        const answer = await call(poll(index, timeoutMs))
        tokens.set(index, (JSON.parse(answer) as { next_batch: string }).next_batch)
        if (answer.includes(text)) return
      }
    }
    for (let i = 0; i < READERS; i++) await until(i, 'next_batch', 0)
    for (let i = 0; i < READERS; i++) await until(i, 'next_batch', 0)
    const waking = await asked(sendCall(admin, roomId, `marker-${fresh()}`))
    return {
      round: (bound) =>
        ownTimes(bound, async () => {
          const marker = `marker-${fresh()}`
          // With nothing new, all wait; the round trips after them tell that their requests have been taken up.
          const polls = readers.map((_, index) => until(index, marker, 30_000))
          for (let i = 0; i < 3; i++) await ask({ url: `${url}/health` })
          const began = performance.now()
          await ask(sendCall(admin, roomId, marker))
          await Promise.all(polls)
          return performance.now() - began
        }),
      wakes: { waiting: await asked(poll(0, 0)), count: READERS, waking },
    }
  },
}

export const sending: readonly Scenario[] = [sequential, oneRoom, manyRooms, fanOut]
