import { changeState } from '../fill-room.ts'
import type { Dimension } from '../operation.ts'
import { state } from '../operations/reading.ts'
import { wholeSync } from '../operations/syncing.ts'
import { fillOffline, sizeOnDisk } from '../scene.ts'
import { inOneRoom } from './everywhere.ts'

/** Entries that change again and again: the state itself does not grow with its changes. */
const ENTRIES = 50

export const stateChanges: Dimension = {
  name: 'state-changes',
  summary: `changes of ${ENTRIES} entries of a room's state`,
  sizes: [100, 1_000, 10_000, 100_000],
  async fill(scene) {
    const { roomId, size, admin } = scene
    await fillOffline(scene, async (storage) => {
      const before = await sizeOnDisk(storage)
      scene.eventId = await changeState(storage, roomId, size, (n) => ({
        type: 'org.example.growth',
        stateKey: `entry ${n % ENTRIES}`,
        sender: admin.userId,
        content: { value: n },
      }))
      scene.bytesEach = ((await sizeOnDisk(storage)) - before) / size
    })
  },
  operations: [...inOneRoom, state, wholeSync],
}
