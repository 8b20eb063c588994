import type { EventId, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { ServerNoticesConfig } from '../config/config.ts'
import { badRequest, notFound } from '../errors.ts'
import type { ClientTxns } from '../rooms/client-txns.ts'
import type { RoomWriters } from '../rooms/room-writers.ts'
import type { NoticeRooms } from './notice-rooms.ts'

export interface Notice {
  type: string
  stateKey: string | undefined
  content: JsonObject
}

/** What the server says to single users, in a room of theirs. Synapse: admin_api/server_notices */
export interface ServerNotices {
  /**
   * Sends a notice to a user of this server; with a transaction id (of the administrator `by`) only once. 400 `M_UNKNOWN`
   * when notices are off, for a user of another server and for a message without `body` or `msgtype`; 404 `M_NOT_FOUND`
   * for an unknown user.
   */
  send(to: UserId, notice: Notice, txn?: { by: UserId; txnId: string }): Promise<EventId>
}

const SCOPE = 'admin/send_server_notice'

export function serverNotices(deps: {
  storage: Pick<Storage, 'read'>
  clock: Clock
  config: ServerNoticesConfig | null
  serverName: ServerName
  isLocal: (userId: string) => boolean
  txns: ClientTxns
  writers: RoomWriters
  rooms: NoticeRooms
}): ServerNotices {
  const { storage, clock, txns, writers } = deps

  async function check(to: UserId, { type, content }: Notice): Promise<ServerNoticesConfig> {
    if (deps.config === null) throw badRequest('Server notices are not enabled on this server')
    if (!deps.isLocal(to)) throw badRequest('Server notices can only be sent to local users')
    if ((await storage.read.accounts.find(to)) === undefined) throw notFound('User')
    if (to === noticesUserOf(deps.config, deps.serverName)) throw badRequest('This user sends the notices')
    const isMessage = typeof content['body'] === 'string' && typeof content['msgtype'] === 'string'
    if (type === 'm.room.message' && !isMessage) throw badRequest("A message needs 'body' and 'msgtype'")
    return deps.config
  }

  return {
    async send(to, notice, txn) {
      const config = await check(to, notice)
      const { type, stateKey, content } = notice
      const sender = noticesUserOf(config, deps.serverName)
      const key = txn && { userId: txn.by, deviceId: 'admin', scope: SCOPE, txnId: txn.txnId }
      const execute = async (): Promise<EventId> => {
        const roomId: RoomId = await deps.rooms.roomOf(to, config, sender)
        return writers.write(roomId, async (room) => {
          const event = await room.append({
            type,
            sender,
            content,
            ...(stateKey !== undefined && { stateKey }),
          })
          if (key !== undefined)
            room.rememberTxn({ ...key, response: event.eventId, createdTs: clock.nowMs() })
          return event.eventId
        })
      }
      // What is remembered is what `execute` has answered.
      return key === undefined ? execute() : (txns.run(key, execute) as Promise<EventId>)
    },
  }
}

/** Who sends the notices. */
export function noticesUserOf({ localpart }: ServerNoticesConfig, serverName: ServerName): UserId {
  return `@${localpart}:${serverName}` as UserId // the configuration says so
}
