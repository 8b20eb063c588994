import * as admin from '../operations/admin.ts'
import * as devices from '../operations/devices.ts'
import * as reading from '../operations/reading.ts'
import * as sending from '../operations/sending.ts'
import * as sliding from '../operations/sliding.ts'
import * as syncing from '../operations/syncing.ts'

/** What people do all day, in one room. */
export const inOneRoom = [
  sending.send,
  sending.topic,
  sending.redact,
  sending.join,
  sending.leave,
  sending.invite,
  sending.receipt,
  sending.readMarker,
  sending.typing,
  syncing.initialSync,
  syncing.idleSync,
  syncing.messageSync,
  syncing.memberSync,
  syncing.receiptSync,
  syncing.oldSync,
  sliding.slidingFirst,
  sliding.slidingIdle,
  sliding.slidingMessage,
  reading.messages,
  reading.deepMessages,
  reading.lazyContext,
  reading.event,
  reading.oneState,
  admin.adminRoom,
  admin.adminMessages,
]

/** What an account does, wherever it is. */
export const ofOneUser = [
  reading.whoami,
  devices.login,
  devices.newDeviceLogin,
  devices.queryKeys,
  devices.uploadKeys,
  devices.toDevice,
  syncing.deviceRename,
  syncing.deviceListSync,
  syncing.toDeviceSync,
  devices.changedKeys,
  sending.displayName,
  sending.accountData,
  sending.presence,
  sending.createRoom,
  sending.upload,
  reading.profile,
  reading.directory,
  reading.publicRooms,
  reading.notifications,
  admin.adminUser,
]
