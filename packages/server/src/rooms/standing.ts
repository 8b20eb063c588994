import { userSuspended } from '../errors.ts'
import type { Requester } from '../requester.ts'

/** Refuses what a suspended account may not do. Spec: CS API §Account suspension: 403 `M_USER_SUSPENDED`. */
export function checkNotSuspended(requester: Requester): void {
  if (requester.suspended)
    throw userSuspended('This account is suspended: it can read and leave rooms, not change them')
}
