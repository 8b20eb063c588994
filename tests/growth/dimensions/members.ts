import { fillAccounts } from '../../bench-admin/accounts.ts'
import { giveDevices } from '../fill-devices.ts'
import { changeState } from '../fill-room.ts'
import { asked, type Dimension } from '../operation.ts'
import { adminMembers, adminState } from '../operations/admin.ts'
import { changedKeys } from '../operations/devices.ts'
import { joinedMembers, members as listMembers, roomSummary, state } from '../operations/reading.ts'
import { oldSync, type SyncAnswer, wholeSync } from '../operations/syncing.ts'
import { fillOffline, sizeOnDisk } from '../scene.ts'
import { inOneRoom, ofOneUser } from './everywhere.ts'

export const members: Dimension = {
  name: 'members',
  summary: 'members of one room, accounts of this server with a device each',
  sizes: [50, 500, 5_000, 50_000],
  async fill(scene) {
    const { server, roomId, size } = scene
    await server.stop()
    await fillAccounts(server.storageOptions, server.serverName, size)
    await fillOffline(scene, async (storage) => {
      const people = await storage.write((tx) =>
        tx.db.all<{ name: string; displayname: string | null }>(
          `SELECT name, displayname FROM users u WHERE NOT EXISTS
             (SELECT 1 FROM room_members m WHERE m.user_id = u.name) AND name NOT LIKE '@guest:%' ORDER BY id LIMIT ?`,
          size,
        ),
      )
      const before = await sizeOnDisk(storage)
      scene.eventId = await changeState(storage, roomId, people.length, (n) => {
        const { name, displayname } = people[n]!
        const content = { membership: 'join', ...(displayname !== null && { displayname }) }
        return { type: 'm.room.member', stateKey: name, sender: name, content }
      })
      scene.bytesEach = ((await sizeOnDisk(storage)) - before) / people.length
      await storage.write(async (tx) => {
        await giveDevices(tx.db)
        await tx.rebuild.recountRooms('', 1)
      })
    })
  },
  operations: [
    ...inOneRoom.filter((operation) => operation !== oldSync),
    ...ofOneUser.filter((operation) => operation !== changedKeys),
    roomSummary,
    // Lazily, but of everybody whose devices it has to know now.
    asked(oldSync, ({ device_lists }: SyncAnswer, { size }) => device_lists!.changed!.length >= size),
    asked(changedKeys, ({ changed }: { changed: unknown[] }, { size }) => changed.length >= size),
    asked(
      wholeSync,
      ({ rooms }: SyncAnswer, { roomId, size }) => rooms!.join![roomId]!.state.events.length >= size,
    ),
    asked(listMembers, listMembers.isRight),
    asked(joinedMembers, joinedMembers.isRight),
    asked(state, (answer: unknown[], { size }) => answer.length >= size),
    asked(adminMembers, adminMembers.isRight),
    asked(adminState, adminState.isRight),
  ],
}
