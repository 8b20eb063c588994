import { setTimeout } from 'node:timers/promises'
import { call, callJson } from '../call.ts'
import { lanes, type Timings } from '../measure.ts'
import type { Target } from '../target.ts'
import { ADMIN, eachOf, enc, get, type Scenario, sendCall } from './scenario.ts'

const ACCOUNTS = 1_400
const ORDERS = [
  'name',
  'is_guest',
  'admin',
  'user_type',
  'deactivated',
  'shadow_banned',
  'displayname',
].concat(['avatar_url', 'creation_ts'])
const FILTERS = ['guests=false', 'deactivated=true', 'name=bench-list-77', 'user_id=@bench', 'admins=false']

/** Accounts without passwords: they are only looked at. */
async function fillList({ admin }: Target): Promise<void> {
  const server = admin.userId.slice(admin.userId.indexOf(':'))
  const { total } = await callJson<{ total: number }>(get(admin, `${ADMIN}/v2/users?limit=1`))
  const names = Array.from({ length: Math.max(0, ACCOUNTS - total) }, (_, i) => `@bench-list-${i}${server}`)
  await eachOf(names, 8, (name) =>
    admin.put(`${ADMIN}/v2/users/${enc(name)}`, { displayname: `Person ${name.length}` }),
  )
}

/** Asks for each of the paths in turn, 8 at once. */
function pages(
  name: string,
  summary: string,
  paths: (target: Target) => readonly string[],
  fill = true,
): Scenario {
  return {
    name,
    summary,
    async prepare(target) {
      if (fill) await fillList(target)
      const calls = paths(target).map((path) => get(target.admin, `${ADMIN}${path}`))
      const answer = await call(calls[0]!)
      return {
        round: (bound) => lanes(8, bound, (lane, n) => call(calls[(lane * 3 + n) % calls.length]!)),
        http: { call: calls[0]!, lanes: 8, answer },
      }
    },
  }
}

const DELETED_EVENTS = 10_000

const roomDelete: Scenario = {
  name: 'room-delete',
  summary: 'messages of others while a room of 10,000 events is deleted',
  maxRounds: 1,
  async prepare(target) {
    const { admin } = target
    const senders = await target.people(4)
    const roomIds = await Promise.all(senders.map((sender) => sender.createRoom({})))
    return {
      async round(): Promise<Timings> {
        const doomed = await admin.createRoom({})
        await eachOf(Array.from({ length: DELETED_EVENTS }), 10, () => call(sendCall(admin, doomed)))
        const { delete_id } = await admin.delete<{ delete_id: string }>(`${ADMIN}/v2/rooms/${enc(doomed)}`, {
          purge: true,
        })
        let isOver = false
        const watch = async () => {
          for (;;) {
            await setTimeout(200) // as administrators' tools do: there is nothing to wait on
            const path = `${ADMIN}/v2/rooms/delete_status/${delete_id}`
            const { status } = await callJson<{ status: string }>(get(admin, path))
            if (status === 'complete' || status === 'failed') break
          }
          isOver = true
        }
        const all: Timings = { times: [], errors: 0, wallMs: 0 }
        const watching = watch()
        while (!isOver) {
          const part = await lanes(senders.length, { seconds: 0.2 }, (lane) =>
            call(sendCall(senders[lane]!, roomIds[lane]!)),
          )
          all.times.push(...part.times)
          all.errors += part.errors
          all.wallMs += part.wallMs
        }
        await watching
        return all
      },
    }
  },
}

export const admin: readonly Scenario[] = [
  pages(
    'admin-user',
    'an administrator queries one account',
    ({ admin }) => [`/v2/users/${enc(admin.userId)}`],
    false,
  ),
  pages('admin-list', 'pages of 100 of 1,400 accounts, every order in both directions, and filters', () => [
    ...ORDERS.flatMap((order) => ['f', 'b'].map((dir) => `/v2/users?limit=100&order_by=${order}&dir=${dir}`)),
    ...FILTERS.map((filter) => `/v2/users?limit=100&${filter}`),
  ]),
  pages('admin-list-deep', 'pages of 100 from the 1,200th of 1,400 accounts', () => [
    '/v2/users?limit=100&from=1200',
    '/v2/users?limit=100&from=1200&order_by=displayname',
    '/v2/users?limit=100&from=1200&order_by=creation_ts&dir=b',
  ]),
  pages(
    'room-list',
    'pages of 100 rooms, three orders',
    () => ['name', 'joined_members', 'state_events'].map((order) => `/v1/rooms?limit=100&order_by=${order}`),
    false,
  ),
  roomDelete,
]
