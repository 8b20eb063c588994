/** Why an event is not allowed. Codes are ours and stable; the text is for people. */
export type AuthRejection =
  // The create event
  | 'create-with-prev-events'
  | 'create-with-room-id'
  | 'create-in-foreign-domain'
  | 'unknown-room-version'
  | 'create-without-creator'
  | 'bad-additional-creators'
  // The room and the cited auth events
  | 'no-create-event'
  | 'wrong-room'
  | 'duplicate-auth-event'
  | 'unexpected-auth-event'
  | 'rejected-auth-event'
  | 'missing-auth-event'
  | 'federation-disabled'
  // Membership
  | 'bad-member-event'
  | 'not-signed-by-authoriser'
  | 'join-for-another'
  | 'banned'
  | 'not-invited'
  | 'authoriser-not-allowed'
  | 'join-rule'
  | 'bad-third-party-invite'
  | 'already-in-room'
  | 'not-in-room'
  | 'knock-not-allowed'
  | 'knock-for-another'
  // Everything else
  | 'bad-aliases-event'
  | 'sender-not-joined'
  | 'insufficient-power'
  | 'state-key-of-another'
  | 'bad-power-levels'
  | 'creator-in-power-levels'
  | 'power-levels-above-own'

export type AuthVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: AuthRejection; readonly text: string }

export const ALLOWED: AuthVerdict = Object.freeze({ allowed: true })

export function reject(reason: AuthRejection, text: string): AuthVerdict {
  return { allowed: false, reason, text }
}
