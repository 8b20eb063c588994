import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { BackupSession } from '@ranvier/storage'
import type { BackupSessions } from '../../../keys/backup-sessions.ts'
import { rawJson } from '../../answer.ts'
import { type Query, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { backupState } from './backup-versions.ts'
import { allSessionsAnswer, roomSessionsAnswer, sessionText } from './session-texts.ts'
import { AllSessionsBody, RoomSessionsBody, roomIdOf, SessionBody, sessionIdOf } from './shapes.ts'

const PATH = '/_matrix/client/v3/room_keys/keys'
const versionQuery = (query: Query) => requiredQueryString(query, 'version')

/** `/room_keys/keys`: the keys in a backup, all of them, those of a room, or one. */
export function backupKeyRoutes(deps: { backupSessions: BackupSessions }): Route[] {
  return [...allKeysRoutes(deps), ...roomKeysRoutes(deps), ...oneKeyRoutes(deps)]
}

function allKeysRoutes({ backupSessions }: { backupSessions: BackupSessions }): Route[] {
  const common = { path: PATH, auth: 'user', query: versionQuery } as const
  return [
    clientRoute({
      ...common,
      method: 'PUT',
      body: AllSessionsBody,
      async handler({ requester, query: version, body }) {
        const sessions = Object.entries(body.rooms).flatMap(([roomId, room]) =>
          roomSessions(roomIdOf(roomId), room.sessions),
        )
        return backupState(await backupSessions.put(requester.userId, version, sessions))
      },
    }),
    clientRoute({
      ...common,
      method: 'GET',
      handler: async ({ requester, query: version }) =>
        allSessionsAnswer(await backupSessions.list(requester.userId, version, null)),
    }),
    clientRoute({
      ...common,
      method: 'DELETE',
      async handler({ requester, query: version }) {
        const which = { roomId: null, sessionId: null }
        return backupState(await backupSessions.delete(requester.userId, version, which))
      },
    }),
  ]
}

function roomKeysRoutes({ backupSessions }: { backupSessions: BackupSessions }): Route[] {
  const params = { roomId: roomIdOf }
  const common = { path: `${PATH}/:roomId`, auth: 'user', params, query: versionQuery } as const
  return [
    clientRoute({
      ...common,
      method: 'PUT',
      body: RoomSessionsBody,
      async handler({ requester, params: { roomId }, query: version, body }) {
        const sessions = roomSessions(roomId, body.sessions)
        return backupState(await backupSessions.put(requester.userId, version, sessions))
      },
    }),
    clientRoute({
      ...common,
      method: 'GET',
      handler: async ({ requester, params: { roomId }, query: version }) =>
        roomSessionsAnswer(await backupSessions.list(requester.userId, version, roomId)),
    }),
    clientRoute({
      ...common,
      method: 'DELETE',
      async handler({ requester, params: { roomId }, query: version }) {
        const which = { roomId, sessionId: null }
        return backupState(await backupSessions.delete(requester.userId, version, which))
      },
    }),
  ]
}

function oneKeyRoutes({ backupSessions }: { backupSessions: BackupSessions }): Route[] {
  const params = { roomId: roomIdOf, sessionId: sessionIdOf }
  const common = { path: `${PATH}/:roomId/:sessionId`, auth: 'user', params, query: versionQuery } as const
  return [
    clientRoute({
      ...common,
      method: 'PUT',
      body: SessionBody,
      async handler({ requester, params: { roomId, sessionId }, query: version, body }) {
        const session = sessionOf(roomId, sessionId, body)
        return backupState(await backupSessions.put(requester.userId, version, [session]))
      },
    }),
    clientRoute({
      ...common,
      method: 'GET',
      async handler({ requester, params: { roomId, sessionId }, query: version }) {
        return rawJson(sessionText(await backupSessions.get(requester.userId, version, roomId, sessionId)))
      },
    }),
    clientRoute({
      ...common,
      method: 'DELETE',
      async handler({ requester, params, query: version }) {
        return backupState(await backupSessions.delete(requester.userId, version, params))
      },
    }),
  ]
}

function roomSessions(roomId: RoomId, sessions: Record<string, SessionBody>): BackupSession[] {
  return Object.entries(sessions).map(([sessionId, body]) => sessionOf(roomId, sessionIdOf(sessionId), body))
}

function sessionOf(roomId: RoomId, sessionId: string, body: SessionBody): BackupSession {
  return {
    roomId,
    sessionId,
    firstMessageIndex: body.first_message_index,
    forwardedCount: body.forwarded_count,
    isVerified: body.is_verified,
    sessionData: JSON.stringify(body.session_data),
  }
}
