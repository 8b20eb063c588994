import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Transaction } from '@ranvier/storage'

/** The app id of pushers that send mail. Spec: CS API `POST /pushers/set` names no other. */
export const EMAIL_APP_ID = 'm.email'

/** Tells a new user of events by mail, from now on. Synapse: `email.notif_for_new_users` */
export async function addEmailPusherIn(
  tx: Transaction,
  userId: UserId,
  address: string,
  nowMs: number,
): Promise<void> {
  await tx.pushers.set({
    userId,
    appId: EMAIL_APP_ID,
    pushkey: address,
    kind: 'email',
    deviceId: null,
    enabled: true,
    appDisplayName: 'Email Notifications',
    deviceDisplayName: address,
    profileTag: '',
    lang: '',
    data: {},
    pushkeyTs: nowMs,
    lastPosition: await tx.takePosition('events', 0),
    badge: null,
  })
}
