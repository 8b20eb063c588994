import type { Client } from '@ranvier/testkit'
import { callJson } from '../../bench/call.ts'
import { CLIENT, enc, fresh, get, type Operation, plain, post, put } from '../operation.ts'
import type { Scene } from '../scene.ts'

/** As who does not take the server's memory of its last answer: each has another filter. */
function syncCall(client: Client, since: string | undefined, { lazy = true, limit = 20 } = {}) {
  const filter = {
    room: {
      timeline: { limit },
      state: { lazy_load_members: lazy },
      not_rooms: [`!${fresh()}:nowhere`],
    },
  }
  const from = since === undefined ? '' : `&since=${enc(since)}`
  return get(
    client,
    `${CLIENT}/sync?set_presence=offline&timeout=0&filter=${enc(JSON.stringify(filter))}${from}`,
  )
}

/** The token of a client that has heard of everything. */
export async function newest(client: Client): Promise<string> {
  let since: string | undefined
  // The second one is from the memory of who syncs already.
  for (let i = 0; i < 2; i++)
    since = (
      await callJson<{ next_batch: string }>(
        get(
          client,
          `${CLIENT}/sync?set_presence=offline&timeout=0${since === undefined ? '' : `&since=${enc(since)}`}`,
        ),
      )
    ).next_batch
  return since!
}

/** A sync that tells of what has just happened. */
function after(name: string, happens: (scene: Scene, n: number) => Promise<unknown>): Operation {
  return {
    name,
    async prepare(scene) {
      let since = await newest(scene.user)
      return async (n) => {
        since = (await callJson<{ next_batch: string }>(syncCall(scene.user, since))).next_batch
        await happens(scene, n)
        return syncCall(scene.user, since)
      }
    },
  }
}

export const initialSync = plain('initial sync, members as needed', ({ user }) => syncCall(user, undefined))
export const wholeSync = plain('initial sync with all members', ({ user }) =>
  syncCall(user, undefined, { lazy: false }),
)
export const oneRoomSync = plain('initial sync of one room', ({ user, roomId }) => {
  const filter = {
    room: { rooms: [roomId], state: { lazy_load_members: true }, not_rooms: [`!${fresh()}:nowhere`] },
  }
  return get(user, `${CLIENT}/sync?set_presence=offline&timeout=0&filter=${enc(JSON.stringify(filter))}`)
})
export const idleSync: Operation = {
  name: 'sync, nothing new',
  async prepare({ user }) {
    const since = await newest(user)
    return () => syncCall(user, since)
  },
}
export const oldSync = plain('sync from a token of before', ({ user, oldToken }) => syncCall(user, oldToken))
export const messageSync = after('sync with a message', ({ other, roomId }) =>
  other.send(roomId, 'news', { txnId: fresh() }),
)
export const memberSync = after('sync with somebody who comes or goes', ({ guest, roomId }, n) =>
  n % 2 === 0 ? guest.join(roomId) : guest.leave(roomId),
)
export const receiptSync = after('sync with a receipt', async ({ other, roomId }) => {
  const eventId = await other.send(roomId, 'read by its sender', { txnId: fresh() })
  await other.post(`${CLIENT}/rooms/${enc(roomId)}/receipt/m.read/${enc(eventId)}`)
})
export const deviceListSync = after('sync with a device list change', ({ other }) =>
  other.put(`${CLIENT}/devices/${enc(other.deviceId)}`, { display_name: fresh() }),
)
export const toDeviceSync = after('sync with a message to the device', ({ other, user }) =>
  other.put(`${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
    messages: { [user.userId]: { [user.deviceId]: { body: 'psst' } } },
  }),
)
export const deviceRename = plain('device list change', ({ user }) =>
  put(user, `${CLIENT}/devices/${enc(user.deviceId)}`, { display_name: fresh() }),
)

const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?set_presence=offline&timeout=0'

function slidingCall(client: Client, pos: string | undefined) {
  const list = { ranges: [[0, 19]], timeline_limit: 10, required_state: [['m.room.name', '']] }
  return post(client, pos === undefined ? SLIDING : `${SLIDING}&pos=${enc(pos)}`, {
    conn_id: 'growth',
    lists: { rooms: list },
    extensions: { to_device: { enabled: true }, e2ee: { enabled: true }, receipts: { enabled: true } },
  })
}

const nextPos = async (client: Client, pos: string | undefined): Promise<string> =>
  (await callJson<{ pos: string }>(slidingCall(client, pos))).pos

export const slidingFirst = plain('sliding sync, the first', ({ user }) => slidingCall(user, undefined))
export const slidingIdle: Operation = {
  name: 'sliding sync, nothing new',
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
  prepare({ user, other, roomId }) {
    let pos: string | undefined
    return async () => {
      pos = await nextPos(user, pos)
      await other.send(roomId, 'news', { txnId: fresh() })
      return slidingCall(user, pos)
    }
  },
}
