import { Type } from '@ranvier/admin-api/schema'
import type { KeyBackup } from '@ranvier/storage'
import { invalidParam } from '../../../errors.ts'
import type { KeyBackups } from '../../../keys/key-backups.ts'
import { clientRoute, type Route } from '../../route.ts'
import { AnyObject } from './shapes.ts'

const PATH = '/_matrix/client/v3/room_keys/version'

const Config = { algorithm: Type.String(), auth_data: AnyObject }

/** `/room_keys/version`: versions of the caller's backup of room keys. */
export function backupVersionRoutes({ backups }: { backups: KeyBackups }): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: PATH,
      auth: 'user',
      body: Type.Object(Config),
      async handler({ requester, body: { algorithm, auth_data } }) {
        return { version: await backups.create(requester.userId, { algorithm, authData: auth_data }) }
      },
    }),
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'user',
      handler: async ({ requester }) => backupAnswer(await backups.current(requester.userId)),
    }),
    clientRoute({
      method: 'GET',
      path: `${PATH}/:version`,
      auth: 'user',
      handler: async ({ requester, params: { version } }) =>
        backupAnswer(await backups.get(requester.userId, version)),
    }),
    clientRoute({
      method: 'PUT',
      path: `${PATH}/:version`,
      auth: 'user',
      body: Type.Object({ ...Config, version: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
      async handler({ requester, params, body: { algorithm, auth_data, version } }) {
        if ((version ?? params.version) !== params.version)
          throw invalidParam("'version' in the body must be the version in the path")
        await backups.update(requester.userId, params.version, { algorithm, authData: auth_data })
        return {}
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: `${PATH}/:version`,
      auth: 'user',
      async handler({ requester, params: { version } }) {
        await backups.delete(requester.userId, version)
        return {}
      },
    }),
  ]
}

function backupAnswer(backup: KeyBackup) {
  return {
    version: String(backup.version),
    algorithm: backup.algorithm,
    auth_data: JSON.parse(backup.authData),
    ...backupState(backup),
  }
}

/** How much the backup holds, and by what to know that it has changed. */
export function backupState({ sessionCount, etag }: KeyBackup) {
  return { count: sessionCount, etag: String(etag) }
}
