import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Devices } from '../accounts/sessions/devices.ts'
import { badRequest } from '../errors.ts'
import type { EndedSession, SsoProvider } from './provider.ts'

/**
 * Logs out what was logged in by a session that a provider says has ended. 400 when it is no provider's word that any of ours
 * would say; a session that nothing came of is none too many.
 */
export type EndSessions = (token: string) => Promise<void>

export function endSessions(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  providers: readonly SsoProvider[]
  devices: Pick<Devices, 'delete'>
  onError: (error: unknown, provider: string) => void
}): EndSessions {
  const { read } = deps.storage

  async function readAt(provider: SsoProvider, token: string): Promise<EndedSession | undefined> {
    try {
      return await provider.readLogout?.(token)
    } catch (error) {
      deps.onError(error, provider.id)
      return undefined
    }
  }

  /** Whether the session was the user's whom the provider names. */
  async function isOf(userId: UserId, provider: SsoProvider, { subject }: EndedSession): Promise<boolean> {
    if (subject === null) return true
    return (await read.threepids.findExternalOwner(provider.id, subject)) === userId
  }

  return async (token) => {
    for (const provider of deps.providers) {
      const ended = await readAt(provider, token)
      if (ended === undefined) continue
      const session = { provider: provider.id, sessionId: ended.session }
      await deps.storage.write((tx) => tx.loginTokens.deleteOf(session))
      for (const { userId, deviceId } of await read.devices.ofAuthSession(session))
        if (await isOf(userId, provider, ended)) await deps.devices.delete(userId, [deviceId])
      return
    }
    throw badRequest('The logout token is not valid')
  }
}
