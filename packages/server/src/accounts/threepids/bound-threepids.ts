import type { UserId } from '@ranvier/protocol/ids/brands'
import { isServerName } from '@ranvier/protocol/ids/server-name'
import type { BoundThreepid, Storage } from '@ranvier/storage'
import { invalidParam } from '../../errors.ts'
import type { IdentityServers } from './identity-server.ts'
import { canonicalThreepid } from './threepid-form.ts'

/** Addresses of users at identity servers. */
export interface BoundThreepids {
  bind(
    userId: UserId,
    session: { sid: string; clientSecret: string; idServer: string; accessToken: string },
  ): Promise<void>
  /** Whether it is unbound now: at the named server, or wherever we know it is bound. False also where nothing is known. */
  unbind(
    userId: UserId,
    threepid: { medium: string; address: string; idServer?: string | undefined },
  ): Promise<boolean>
  /** Unbinds all that is bound. Whether every server did; true when there was nothing to do. */
  unbindAll(userId: UserId): Promise<boolean>
}

export function boundThreepids(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  identityServers: IdentityServers
}): BoundThreepids {
  const { storage, identityServers } = deps

  async function unbindEach(userId: UserId, bound: readonly BoundThreepid[]): Promise<boolean> {
    let isUnbound = true
    for (const threepid of bound) {
      isUnbound = (await identityServers.unbind(userId, threepid)) && isUnbound
      // Asking again would not help who does not do it.
      await storage.write((tx) => tx.boundThreepids.delete(userId, threepid))
    }
    return isUnbound
  }

  return {
    async bind(userId, session) {
      checkServer(session.idServer)
      const { medium, address } = await identityServers.bind(userId, session)
      const { idServer } = session
      await storage.write((tx) => tx.boundThreepids.add(userId, { medium, address, idServer }))
    },
    async unbind(userId, { medium, address: raw, idServer }) {
      const { address } = canonicalThreepid(medium, raw)
      if (idServer !== undefined) {
        checkServer(idServer)
        return unbindEach(userId, [{ medium, address, idServer }])
      }
      const all = await storage.read.boundThreepids.list(userId)
      const bound = all.filter((each) => each.medium === medium && each.address === address)
      // Spec: CS API `/3pid/delete`: `no-support` when it is not known where to.
      return bound.length > 0 && unbindEach(userId, bound)
    },
    unbindAll: async (userId) => unbindEach(userId, await storage.read.boundThreepids.list(userId)),
  }
}

/** 400 unless it is a host with a port at most: it becomes part of an address we ask. */
function checkServer(idServer: string): void {
  if (!isServerName(idServer)) throw invalidParam("'id_server' must be a host name, with a port if need be")
}
