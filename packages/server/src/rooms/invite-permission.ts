import type { UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import { Glob } from '@ranvier/protocol/push-rules/glob'
import type { Storage } from '@ranvier/storage'

/** What becomes of an invite: `ignore` lets the inviter believe that it came. */
export type InvitePermission = 'allow' | 'ignore' | 'block'

/** The first that applies counts, users before servers. MSC4155 */
const RULES = [
  ['allowed_users', 'allow'],
  ['ignored_users', 'ignore'],
  ['blocked_users', 'block'],
  ['allowed_servers', 'allow'],
  ['ignored_servers', 'ignore'],
  ['blocked_servers', 'block'],
] as const

/** Whether a user takes invites from another. Spec: CS API §Invite permission; MSC4155 */
export async function invitePermission(
  storage: Pick<Storage, 'read'>,
  userId: UserId,
  inviter: UserId,
): Promise<InvitePermission> {
  return (await invitePermissions(storage, userId))(inviter)
}

/** As {@link invitePermission}, for several inviters. */
export async function invitePermissions(
  storage: Pick<Storage, 'read'>,
  userId: UserId,
): Promise<(inviter: UserId) => InvitePermission> {
  const { accountData } = storage.read
  const [all, each] = await Promise.all([
    accountData.find(userId, null, 'm.invite_permission_config'),
    accountData.find(userId, null, 'org.matrix.msc4155.invite_permission_config'),
  ])
  if (objectOf(all)?.['default_action'] === 'block') return () => 'block'
  const config = objectOf(each)
  if (config === undefined || config['enabled'] === false) return () => 'allow'
  return (inviter) => {
    for (const [name, permission] of RULES)
      if (matchesAny(config[name], name.endsWith('users') ? inviter : serverNameOf(inviter)))
        return permission
    return 'allow'
  }
}

function objectOf(text: string | undefined): JsonObject | undefined {
  const content = text === undefined ? undefined : parseJson(text)
  return isJsonObject(content) ? content : undefined
}

/** Patterns as push rules have them. What is no list of texts matches nothing. */
function matchesAny(patterns: unknown, name: string): boolean {
  return (
    Array.isArray(patterns) &&
    patterns.some((pattern) => typeof pattern === 'string' && Glob.parse(pattern).matches(name))
  )
}
