import { fillAccounts } from '../../bench-admin/accounts.ts'
import { giveDevices } from '../fill-devices.ts'
import type { Dimension } from '../operation.ts'
import { adminChange, adminNewUser, adminUsers } from '../operations/admin.ts'
import { join, leave, send } from '../operations/sending.ts'
import { idleSync, initialSync, messageSync, oldSync } from '../operations/syncing.ts'
import { fillOffline } from '../scene.ts'
import { ofOneUser } from './everywhere.ts'

export const accounts: Dimension = {
  name: 'accounts',
  summary: 'accounts of the server, which have all got a device',
  sizes: [1_000, 10_000, 100_000, 1_000_000],
  async fill(scene) {
    const { storageOptions, serverName } = scene.server
    await scene.server.stop()
    await fillAccounts(storageOptions, serverName, scene.size)
    await fillOffline(scene, (storage) => storage.write((tx) => giveDevices(tx.db)))
  },
  operations: [
    ...ofOneUser,
    send,
    join,
    leave,
    initialSync,
    idleSync,
    messageSync,
    oldSync,
    adminUsers,
    adminChange,
    adminNewUser,
  ],
}
