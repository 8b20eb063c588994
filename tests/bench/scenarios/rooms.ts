import { call } from '../call.ts'
import { lanes, type Timings } from '../measure.ts'
import { CLIENT, eachOf, enc, get, post, type Scenario, sendCall } from './scenario.ts'

const createRoom: Scenario = {
  name: 'create-room',
  summary: 'one client makes public rooms, one after another',
  async prepare({ admin }) {
    return {
      round: (bound) =>
        lanes(1, bound, () => call(post(admin, `${CLIENT}/createRoom`, { preset: 'public_chat' }))),
    }
  },
}

const JOINERS = 200

const joins: Scenario = {
  name: 'join',
  summary: '200 people join one public room, 4 at once',
  async prepare(target) {
    const people = await target.people(JOINERS)
    return {
      async round(): Promise<Timings> {
        const roomId = await target.admin.createRoom({ preset: 'public_chat' })
        return lanes(4, { each: JOINERS / 4 }, (lane, n) =>
          call(post(people[lane * (JOINERS / 4) + n]!, `${CLIENT}/join/${enc(roomId)}`)),
        )
      },
    }
  },
}

const LONG_ROOM = 5_000

const messages: Scenario = {
  name: 'messages',
  summary: 'pages of 100 backwards over a room of 5,000 messages',
  async prepare(target) {
    const { admin } = target
    const roomId = await admin.createRoom({})
    await eachOf(Array.from({ length: LONG_ROOM }), 10, () => call(sendCall(admin, roomId)))
    const path = `${CLIENT}/rooms/${enc(roomId)}/messages?dir=b&limit=100`
    const page = (from: string | undefined) =>
      get(admin, path + (from === undefined ? '' : `&from=${enc(from)}`))
    const answer = await call(page(undefined))
    let from: string | undefined
    return {
      round: (bound) =>
        lanes(1, bound, async () => {
          const { chunk, end } = JSON.parse(await call(page(from))) as { chunk: unknown[]; end?: string }
          from = chunk.length === 0 ? undefined : end
        }),
      http: { call: page(undefined), lanes: 1, answer },
    }
  },
}

export const rooms: readonly Scenario[] = [createRoom, joins, messages]
