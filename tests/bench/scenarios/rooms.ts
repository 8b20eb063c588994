import { ask, callBytes } from '../call.ts'
import { lanes, type Timings } from '../measure.ts'
import { asked, CLIENT, eachOf, enc, get, post, type Scenario, sendCall } from './scenario.ts'

const createRoom: Scenario = {
  name: 'create-room',
  summary: 'one client makes public rooms, one after another',
  async prepare({ admin }) {
    const create = post(admin, `${CLIENT}/createRoom`, { preset: 'public_chat' })
    return {
      round: (bound) => lanes(1, bound, () => ask(create)),
      http: { lanes: 1, asked: [await asked(create)] },
    }
  },
}

const JOINERS = 200

const joins: Scenario = {
  name: 'join',
  summary: '200 people join one public room, 4 at once',
  async prepare(target) {
    const people = await target.people(JOINERS)
    const join = (index: number, roomId: string) => post(people[index]!, `${CLIENT}/join/${enc(roomId)}`)
    const first = await target.admin.createRoom({ preset: 'public_chat' })
    return {
      async round(): Promise<Timings> {
        const roomId = await target.admin.createRoom({ preset: 'public_chat' })
        return lanes(4, { each: JOINERS / 4 }, (lane, n) => ask(join(lane * (JOINERS / 4) + n, roomId)))
      },
      http: { lanes: 4, asked: [await asked(join(0, first))] },
    }
  },
}

const LONG_ROOM = 5_000
const PAGE = 100
const END = '"end":'

/** `end` of a page, without making objects of its events: only text between quotes has none inside. */
function endOf(page: Buffer): string {
  const at = page.lastIndexOf(END) + END.length
  return JSON.parse(/^\s*("[^"]*")/.exec(page.toString('utf8', at, at + 1_000))?.[1] ?? 'null') as string
}

const messages: Scenario = {
  name: 'messages',
  summary: 'pages of 100 backwards over a room of 5,000 messages',
  async prepare(target) {
    const { admin } = target
    const roomId = await admin.createRoom({})
    await eachOf(Array.from({ length: LONG_ROOM }), 10, () => ask(sendCall(admin, roomId)))
    const path = `${CLIENT}/rooms/${enc(roomId)}/messages?dir=b&limit=${PAGE}`
    const page = (from: string | undefined) =>
      get(admin, path + (from === undefined ? '' : `&from=${enc(from)}`))
    let from: string | undefined
    return {
      // From the newest message on in every round, and again before the room's beginning, where pages are shorter.
      round: (bound) =>
        lanes(1, bound, async (_, n) => {
          from = endOf(await callBytes(page(n % (LONG_ROOM / PAGE) === 0 ? undefined : from)))
        }),
      http: { lanes: 1, asked: [await asked(page(undefined))] },
    }
  },
}

export const rooms: readonly Scenario[] = [createRoom, joins, messages]
