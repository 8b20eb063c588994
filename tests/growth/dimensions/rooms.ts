import { fillLists } from '../../bench-admin/fill-lists.ts'
import type { Dimension } from '../operation.ts'
import { adminRoom, adminRooms } from '../operations/admin.ts'
import { searchManyRooms, searchRooms } from '../operations/reading.ts'
import { invite, join, leave, send, topic } from '../operations/sending.ts'
import { idleSync, initialSync, messageSync } from '../operations/syncing.ts'
import { fillOffline } from '../scene.ts'
import { ofOneUser } from './everywhere.ts'

export const rooms: Dimension = {
  name: 'rooms',
  summary: 'rooms of the server, a tenth of them in the public list',
  sizes: [100, 1_000, 10_000, 100_000],
  async fill(scene) {
    await scene.server.stop()
    await fillLists(scene.server.storageOptions, { rooms: scene.size, media: 0, reports: 0 }, () => {})
    await fillOffline(scene, async () => {})
  },
  operations: [
    ...ofOneUser,
    searchRooms,
    searchManyRooms,
    send,
    topic,
    join,
    leave,
    invite,
    initialSync,
    idleSync,
    messageSync,
    adminRooms,
    adminRoom,
  ],
}
