import { subscriptionsJson } from '../../relations/thread-subscriptions.ts'
import type { AnswerParts } from '../answer.ts'
import type { ConnectionScope } from './room-entry.ts'
import { subscriptionsToken } from './subscriptions-token.ts'

/** Thread subscriptions that changed since the last answer, the newest; `undefined` if none did. MSC4308 */
export async function subscriptionsText(
  { reads }: AnswerParts,
  { userId, since, upTo }: ConnectionScope,
  { limit }: { limit: number },
): Promise<string | undefined> {
  const after = since?.accountData ?? 0
  if (after >= upTo.accountData) return undefined
  const range = { after, upTo: upTo.accountData, dir: 'b' as const, limit: limit + 1 }
  const found = await reads.storage.read.threadSubscriptions.changes(userId, range)
  if (found.length === 0) return undefined
  const page = found.slice(0, limit)
  const more = found.length > limit && { prev_batch: subscriptionsToken((page.at(-1)?.position ?? 1) - 1) }
  return JSON.stringify({ ...subscriptionsJson(page), ...more })
}
