import type { AccountDependents } from '../accounts/account-data.ts'

/** What clients keep on the server goes with the account, what waits for a device with the device. */
export const clientDataDependents: AccountDependents = {
  async deleteOfDevices(tx, userId, deviceIds) {
    await tx.toDevice.deleteOfDevices(userId, deviceIds)
    // Spec: CS API §Local notification settings: each device has its own.
    for (const deviceId of deviceIds)
      for (const name of ['m.local_notification_settings', 'org.matrix.msc3890.local_notification_settings'])
        await tx.accountData.delete(userId, null, `${name}.${deviceId}`)
  },
  async deleteOfAccount(tx, userId) {
    await tx.accountData.deleteAll(userId)
    await tx.threadSubscriptions.deleteAll(userId)
    await tx.pushRules.delete(userId)
    await tx.presence.delete(userId)
    await tx.filters.deleteAll(userId)
    await tx.unread.forget(userId, null)
    await tx.delayedEvents.deleteOfUser(userId)
    // Who remembers what the user had set, ignored users and push rules, reads it anew.
    const position = await tx.takePosition('account_data')
    tx.announce({ stream: 'account_data', position, key: userId, change: 'deleted' })
  },
}
