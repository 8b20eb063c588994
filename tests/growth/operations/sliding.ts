import type { Client } from '@ranvier/testkit'
import { callJson } from '../../bench/call.ts'
import { enc, fresh, isEmpty, type Operation, plain, post } from '../operation.ts'

const PATH = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?set_presence=offline&timeout=0'

interface Answer {
  pos: string
  lists: { rooms: { count: number } }
  rooms?: Record<string, { timeline?: { content: { body?: string } }[] }>
}

function slidingCall(client: Client, pos: string | undefined) {
  const list = { ranges: [[0, 19]], timeline_limit: 10, required_state: [['m.room.name', '']] }
  return post(client, pos === undefined ? PATH : `${PATH}&pos=${enc(pos)}`, {
    conn_id: 'growth',
    lists: { rooms: list },
    extensions: { to_device: { enabled: true }, e2ee: { enabled: true }, receipts: { enabled: true } },
  })
}

const nextPos = async (client: Client, pos: string | undefined): Promise<string> =>
  (await callJson<Answer>(slidingCall(client, pos))).pos

export const slidingFirst = plain(
  'sliding sync, the first',
  ({ user }) => slidingCall(user, undefined),
  ({ rooms, lists }: Answer) => Object.keys(rooms!).length === Math.min(20, lists.rooms.count),
)
export const slidingIdle: Operation = {
  name: 'sliding sync, nothing new',
  isRight: ({ rooms }: Answer) => isEmpty(rooms ?? {}),
  prepare({ user }) {
    let pos: string | undefined
    return async () => {
      pos = await nextPos(user, pos)
      return slidingCall(user, pos)
    }
  },
}
export const slidingMessage: Operation = {
  name: 'sliding sync with a message',
  isRight: ({ rooms }: Answer, { roomId }) => rooms?.[roomId]?.timeline?.at(-1)?.content.body === 'news',
  prepare({ user, other, roomId }) {
    let pos: string | undefined
    return async () => {
      pos = await nextPos(user, pos)
      await other.send(roomId, 'news', { txnId: fresh() })
      return slidingCall(user, pos)
    }
  },
}
