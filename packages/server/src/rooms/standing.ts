import { consentNotGiven, userSuspended } from '../errors.ts'
import type { Requester } from '../requester.ts'

/** Refuses what a suspended account may not do. Spec: CS API §Account suspension: 403 `M_USER_SUSPENDED`. */
export function checkNotSuspended(requester: Requester): void {
  if (requester.suspended)
    throw userSuspended('This account is suspended: it can read and leave rooms, not change them')
}

/** Refuses who has not agreed to the terms: 403 `M_CONSENT_NOT_GIVEN`. Synapse: user_consent, `block_events_error` */
export function checkConsent({ owedConsent }: Requester): void {
  if (owedConsent !== undefined) throw consentNotGiven(owedConsent.message, owedConsent.uri)
}

/** Both, as is asked before anything is sent. */
export function checkMaySend(requester: Requester): void {
  checkNotSuspended(requester)
  checkConsent(requester)
}
