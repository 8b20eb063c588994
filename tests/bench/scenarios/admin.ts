import { setTimeout } from 'node:timers/promises'
import { ask, callJson } from '../call.ts'
import { lanes } from '../measure.ts'
import type { Target } from '../target.ts'
import { ADMIN, asked, eachOf, enc, get, type Scenario, sendCall } from './scenario.ts'

const ACCOUNTS = 1_400
const ORDERS =
  'name is_guest admin user_type deactivated shadow_banned displayname avatar_url creation_ts'.split(' ')
const FILTERS = ['guests=false', 'deactivated=true', 'name=bench-list-77', 'user_id=@bench', 'admins=false']

const ROOMS = 300

/** As many on every server: how many other scenarios make depends on how fast it is. */
async function fillRooms({ admin }: Target): Promise<void> {
  const path = `${ADMIN}/v1/rooms?limit=1`
  const { total_rooms: total } = await callJson<{ total_rooms: number }>(get(admin, path))
  if (total > ROOMS) console.warn(`${admin.url} has ${total} rooms, not ${ROOMS}: its pages may be dearer`)
  const missing = Array.from({ length: Math.max(0, ROOMS - total) }, (_, i) => i)
  await eachOf(missing, 4, (i) => admin.createRoom({ preset: 'public_chat', name: `Listed ${i}` }))
}

/** Accounts without passwords: they are only looked at. */
async function fillAccounts({ admin }: Target): Promise<void> {
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
  fill: (target: Target) => Promise<void>,
  paths: (target: Target) => readonly string[],
): Scenario {
  return {
    name,
    summary,
    async prepare(target) {
      await fill(target)
      const each = paths(target)
      const calls = each.map((path) => get(target.admin, `${ADMIN}${path}`))
      const which = (lane: number, n: number) => (lane * 3 + n) % calls.length
      return {
        round: (bound) => lanes(8, bound, (lane, n) => ask(calls[which(lane, n)]!), which),
        ...(each.length > 1 && { each }),
        http: { lanes: 8, asked: await Promise.all(calls.map(asked)) },
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
    const doomed = await admin.createRoom({})
    await eachOf(Array.from({ length: DELETED_EVENTS }), 10, () => ask(sendCall(admin, doomed)))
    return {
      doesMore: true,
      async round() {
        const { delete_id } = await admin.delete<{ delete_id: string }>(`${ADMIN}/v2/rooms/${enc(doomed)}`, {
          purge: true,
        })
        let isOver = false
        const watch = async () => {
          for (;;) {
            await setTimeout(200) // as administrators' tools do: there is nothing to wait on
            const path = `${ADMIN}/v2/rooms/delete_status/${delete_id}`
            const { status } = await callJson<{ status: string }>(get(admin, path))
            if (status === 'failed') throw new Error('the room was not deleted')
            if (status === 'complete') return
          }
        }
        const watching = watch().finally(() => (isOver = true))
        const sent = lanes(senders.length, { while: () => !isOver }, (lane) =>
          ask(sendCall(senders[lane]!, roomIds[lane]!)),
        )
        return (await Promise.all([sent, watching]))[0]
      },
    }
  },
}

export const roomList = pages('room-list', 'pages of 100 of 300 rooms, three orders', fillRooms, () =>
  ['name', 'joined_members', 'state_events'].map((order) => `/v1/rooms?limit=100&order_by=${order}`),
)

export const admin: readonly Scenario[] = [
  pages(
    'admin-user',
    'an administrator queries one account',
    async () => {},
    ({ admin }) => [`/v2/users/${enc(admin.userId)}`],
  ),
  pages(
    'admin-list',
    'pages of 100 of 1,400 accounts, every order in both directions, and filters',
    fillAccounts,
    () => [
      ...ORDERS.flatMap((order) =>
        ['f', 'b'].map((dir) => `/v2/users?limit=100&order_by=${order}&dir=${dir}`),
      ),
      ...FILTERS.map((filter) => `/v2/users?limit=100&${filter}`),
    ],
  ),
  pages('admin-list-deep', 'pages of 100 from the 1,200th of 1,400 accounts', fillAccounts, () => [
    '/v2/users?limit=100&from=1200',
    '/v2/users?limit=100&from=1200&order_by=displayname',
    '/v2/users?limit=100&from=1200&order_by=creation_ts&dir=b',
  ]),
  roomDelete,
]
