import type { RegistrationToken, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'

/** Registration tokens as somebody who registers meets them. */
export interface RegistrationTokens {
  /** Whether the token could be used now. */
  isValid(token: string): Promise<boolean>
  /** Sets one use aside for a registration in progress; false if there is none left. */
  reserve(token: string): Promise<boolean>
  /** Counts the use (`completed`) or gives it back. */
  release(token: string, completed: boolean): Promise<void>
  /** Gives back what an earlier process had set aside and did not come to use. Call once at the start. */
  releaseAll(): Promise<void>
}

export function registrationTokens(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
}): RegistrationTokens {
  const { storage, clock } = deps
  return {
    async isValid(token) {
      const known = await storage.read.registrationTokens.find(token)
      return known !== undefined && isUsable(known, clock.nowMs())
    },
    reserve: (token) => storage.write((tx) => tx.registrationTokens.reserve(token, clock.nowMs())),
    release: (token, completed) => storage.write((tx) => tx.registrationTokens.release(token, completed)),
    releaseAll: () => storage.write((tx) => tx.registrationTokens.releaseAll()),
  }
}

/** Whether it has uses left and has not expired. */
export function isUsable(token: RegistrationToken, nowMs: number): boolean {
  const hasUses = token.usesAllowed === null || token.usesAllowed > token.pending + token.completed
  return hasUses && (token.expiryTs === null || token.expiryTs > nowMs)
}
