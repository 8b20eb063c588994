import { Type } from '@ranvier/admin-api/schema'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { ClaimKeys } from '../../../keys/claim-keys.ts'
import type { QueryKeys } from '../../../keys/query-keys.ts'
import { clientRoute, type Route } from '../../route.ts'
import { byUser, fromMap, mapOf, ofUsers } from './shapes.ts'

// How long to wait for other servers. Taken, and of no use as long as none is asked.
const timeout = Type.Optional(Type.Union([Type.Integer(), Type.Null()]))

/** `POST /keys/query`: identity and cross-signing keys of users. */
export function queryKeysRoute({ query }: { query: QueryKeys }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/keys/query',
    auth: 'guest-ok',
    body: Type.Object({ device_keys: mapOf(Type.Array(Type.String())), timeout }),
    async handler({ requester, body }) {
      // Clients ask for all members of a room at once: one odd id must not keep them from the keys of the others.
      const found = await query(requester.userId, ofUsers(body.device_keys))
      return {
        device_keys: fromMaps(found.deviceKeys),
        master_keys: fromMap(found.masterKeys),
        self_signing_keys: fromMap(found.selfSigningKeys),
        user_signing_keys: fromMap(found.userSigningKeys),
        failures: failuresOf(found.failures),
      }
    },
  })
}

/** `POST /keys/claim`: one key of each device, to open a session with it. */
export function claimKeysRoute({ claim }: { claim: ClaimKeys }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/keys/claim',
    auth: 'guest-ok',
    body: Type.Object({ one_time_keys: mapOf(mapOf(Type.String())), timeout }),
    async handler({ body }) {
      const wanted = [...byUser(body.one_time_keys)].map(
        ([userId, devices]) => [userId, new Map(Object.entries(devices))] as const,
      )
      const { oneTimeKeys, failures } = await claim(new Map(wanted))
      return { one_time_keys: fromMaps(oneTimeKeys), failures: failuresOf(failures) }
    },
  })
}

function fromMaps<T>(maps: ReadonlyMap<string, ReadonlyMap<string, T>>): Record<string, Record<string, T>> {
  return Object.fromEntries([...maps].map(([name, map]) => [name, fromMap(map)]))
}

function failuresOf(servers: readonly ServerName[]): Record<string, object> {
  return Object.fromEntries(servers.map((server) => [server, {}]))
}
