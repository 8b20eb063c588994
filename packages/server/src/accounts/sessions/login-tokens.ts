import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuthSession, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { hashToken, makeLoginToken } from '../secrets.ts'

/** A token for one log-in of another client as this user, valid for `lifetimeMs`. Spec: CS API §login/get_token */
export type IssueLoginToken = (
  userId: UserId,
  lifetimeMs: number,
  /** At the provider by which they have come. */
  session?: AuthSession | null,
) => Promise<string>

export function issueLoginToken(deps: { storage: Pick<Storage, 'write'>; clock: Clock }): IssueLoginToken {
  return async (userId, lifetimeMs, session = null) => {
    const token = makeLoginToken()
    await deps.storage.write((tx) =>
      tx.loginTokens.add(hashToken(token), userId, deps.clock.nowMs() + lifetimeMs, session),
    )
    return token
  }
}
