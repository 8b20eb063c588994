import type { Client } from '@ranvier/testkit'
import { callJson } from '../../bench/call.ts'
import { type Check, CLIENT, enc, fresh, get, isEmpty, type Operation, plain, put } from '../operation.ts'
import type { Scene } from '../scene.ts'

interface Events {
  events: { type: string; state_key?: string; content: { body?: string } }[]
}
interface JoinedRoom {
  timeline: Events & { limited: boolean }
  state: Events
  ephemeral: Events
}
export interface SyncAnswer {
  next_batch: string
  rooms?: { join?: Record<string, JoinedRoom> }
  to_device?: Events
  device_lists?: { changed?: string[] }
}

const joined = ({ rooms }: SyncAnswer): Record<string, JoinedRoom> => rooms?.join ?? {}

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
      await callJson<SyncAnswer>(
        get(
          client,
          `${CLIENT}/sync?set_presence=offline&timeout=0${since === undefined ? '' : `&since=${enc(since)}`}`,
        ),
      )
    ).next_batch
  return since!
}

/** A sync that tells of what has just happened. */
function after(
  name: string,
  happens: (scene: Scene, n: number) => Promise<unknown>,
  isRight: Check<SyncAnswer>,
): Operation {
  return {
    name,
    isRight,
    async prepare(scene) {
      let since = await newest(scene.user)
      return async (n) => {
        since = (await callJson<SyncAnswer>(syncCall(scene.user, since))).next_batch
        await happens(scene, n)
        return syncCall(scene.user, since)
      }
    },
  }
}

export const initialSync = plain(
  'initial sync, members as needed',
  ({ user }) => syncCall(user, undefined),
  (answer: SyncAnswer, { roomId }) => joined(answer)[roomId]!.timeline.events.length > 0,
)
export const wholeSync = plain(
  'initial sync with all members',
  ({ user }) => syncCall(user, undefined, { lazy: false }),
  (answer: SyncAnswer, { roomId }) => joined(answer)[roomId]!.timeline.events.length > 0,
)
export const oneRoomSync = plain(
  'initial sync of one room',
  ({ user, roomId }) => {
    const filter = {
      room: { rooms: [roomId], state: { lazy_load_members: true }, not_rooms: [`!${fresh()}:nowhere`] },
    }
    return get(user, `${CLIENT}/sync?set_presence=offline&timeout=0&filter=${enc(JSON.stringify(filter))}`)
  },
  (answer: SyncAnswer, { roomId }) => Object.keys(joined(answer)).join() === roomId,
)
export const idleSync: Operation = {
  name: 'sync, nothing new',
  isRight: (answer: SyncAnswer) => isEmpty(joined(answer)),
  async prepare({ user }) {
    const since = await newest(user)
    return () => syncCall(user, since)
  },
}
/** Somebody has been away since before the server was filled; in the room something has happened since. */
export const oldSync: Operation = {
  name: 'sync from a token of before',
  isRight: (answer: SyncAnswer, { roomId }) => joined(answer)[roomId]!.timeline.events.length > 0,
  async prepare({ user, other, roomId, oldToken }) {
    await other.send(roomId, 'news', { txnId: fresh() })
    return () => syncCall(user, oldToken)
  },
}
const timeline = (answer: SyncAnswer, { roomId }: Scene) => joined(answer)[roomId]?.timeline.events ?? []
export const messageSync = after(
  'sync with a message',
  ({ other, roomId }) => other.send(roomId, 'news', { txnId: fresh() }),
  (answer, scene) =>
    timeline(answer, scene)
      .map(({ content }) => content.body)
      .join() === 'news',
)
export const memberSync = after(
  'sync with somebody who comes or goes',
  ({ guest, roomId }, n) => (n % 2 === 0 ? guest.join(roomId) : guest.leave(roomId)),
  (answer, scene) =>
    timeline(answer, scene)
      .map((event) => event.state_key)
      .join() === scene.guest.userId,
)
export const receiptSync = after(
  'sync with a receipt',
  async ({ other, roomId }) => {
    const eventId = await other.send(roomId, 'read by its sender', { txnId: fresh() })
    await other.post(`${CLIENT}/rooms/${enc(roomId)}/receipt/m.read/${enc(eventId)}`)
  },
  (answer, { roomId }) => joined(answer)[roomId]!.ephemeral.events.some(({ type }) => type === 'm.receipt'),
)
export const deviceListSync = after(
  'sync with a device list change',
  ({ other }) => other.put(`${CLIENT}/devices/${enc(other.deviceId)}`, { display_name: fresh() }),
  ({ device_lists }, { other }) => device_lists?.changed?.includes(other.userId) ?? false,
)
export const toDeviceSync = after(
  'sync with a message to the device',
  ({ other, user }) =>
    other.put(`${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
      messages: { [user.userId]: { [user.deviceId]: { body: 'psst' } } },
    }),
  ({ to_device }) => to_device?.events.length === 1,
)
export const deviceRename = plain(
  'device list change',
  ({ user }) => put(user, `${CLIENT}/devices/${enc(user.deviceId)}`, { display_name: fresh() }),
  isEmpty,
)
