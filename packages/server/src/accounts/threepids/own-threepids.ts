import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { forbidden, MatrixError, threepidInUse } from '../../errors.ts'
import { takeProvenIn } from './email-sessions.ts'
import { removeThreepidIn } from './remove-threepid.ts'
import { canonicalThreepid } from './threepid-form.ts'
import { checkAllowed, type ThreepidRules } from './threepid-rules.ts'

/** What users do with the addresses of their own account. 403 `M_FORBIDDEN` where they may not. */
export interface OwnThreepids {
  /** Throws the 403, for who has to ask something else first. */
  checkMayChange(): void
  /** Adds an address that has been proven. 400 `M_THREEPID_AUTH_FAILED` if it has not, `M_THREEPID_IN_USE`. */
  add(userId: UserId, session: { sid: string; clientSecret: string }): Promise<void>
  /** Removes an address, and with it mail to it. One that the account does not have is none too many. */
  remove(userId: UserId, medium: string, address: string): Promise<void>
}

export function ownThreepids(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
  rules: ThreepidRules
}): OwnThreepids {
  const { storage, clock, rules } = deps
  function checkMayChange(): void {
    if (!rules.changesEnabled) throw forbidden('3PID changes are disabled on this server')
  }
  return {
    checkMayChange,
    async add(userId, session) {
      checkMayChange()
      await storage.write(async (tx) => {
        const nowMs = clock.nowMs()
        const proven = await takeProvenIn(tx, 'add', session, nowMs)
        if (proven === undefined)
          throw new MatrixError(400, 'M_THREEPID_AUTH_FAILED', 'No validated 3pid session found')
        const { address, validatedTs } = proven
        checkAllowed(rules, 'email', address)
        const owner = await tx.threepids.findOwner('email', address)
        if (owner !== undefined && owner !== userId) throw threepidInUse('Email is already in use')
        await tx.threepids.put(userId, 'email', address, nowMs, validatedTs)
      })
    },
    async remove(userId, medium, rawAddress) {
      checkMayChange()
      const { address } = canonicalThreepid(medium, rawAddress)
      await storage.write(async (tx) => {
        await removeThreepidIn(tx, userId, medium, address)
      })
    },
  }
}
