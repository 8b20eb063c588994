import type { MemberRow } from '@ranvier/storage'
import type { ListedRoom } from './lists.ts'

/** A member of a room's object in the answer, its value as JSON text. */
export type EntryMember = readonly [key: string, text: string | undefined]

/** What a client calls the room, and how many are in it. */
export function naming(
  { card, membership }: ListedRoom,
  heroes: readonly MemberRow[] | undefined,
): EntryMember[] {
  const isInside = membership === 'join'
  return [
    ['name', card.name === null ? undefined : JSON.stringify(card.name)],
    ['avatar', card.avatarUrl === null ? undefined : JSON.stringify(card.avatarUrl)],
    ['heroes', heroes && JSON.stringify(heroes.map(heroJson))],
    ['joined_count', isInside ? String(card.joinedCount) : undefined],
    ['invited_count', isInside ? String(card.invitedCount) : undefined],
  ]
}

function heroJson({ userId, displayName, avatarUrl }: MemberRow): object {
  return {
    user_id: userId,
    ...(displayName === null ? {} : { displayname: displayName }),
    ...(avatarUrl === null ? {} : { avatar_url: avatarUrl }),
  }
}
