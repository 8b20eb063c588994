import type { JsonObject } from '@ranvier/protocol/json'

/** What the content of a member event calls them. */
export function namesIn({ displayname, avatar_url }: JsonObject): {
  displayName: string | null
  avatarUrl: string | null
} {
  return {
    displayName: typeof displayname === 'string' ? displayname : null,
    avatarUrl: typeof avatar_url === 'string' ? avatar_url : null,
  }
}
