import type { Membership } from '@ranvier/protocol/auth/room-state'

export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined'

/** Spec: CS API §Room history visibility: a missing or unknown value counts as `shared`. */
export function parseHistoryVisibility(value: unknown): HistoryVisibility {
  return value === 'world_readable' || value === 'invited' || value === 'joined' ? value : 'shared'
}

/** Where a user stood when an event happened, and whether they have joined since. */
export interface Standing {
  membership: Membership | undefined
  joinsLater: boolean
}

/** Whether history visible like this shows an event to a user who stood like that. Spec: as above. */
export function isVisible(visibility: HistoryVisibility, { membership, joinsLater }: Standing): boolean {
  if (visibility === 'world_readable' || membership === 'join') return true
  if (visibility === 'shared') return joinsLater
  return visibility === 'invited' && membership === 'invite'
}
