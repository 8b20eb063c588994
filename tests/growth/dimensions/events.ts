import { fillRoom } from '../../bench-jobs/fill.ts'
import type { Dimension } from '../operation.ts'
import { notifications } from '../operations/reading.ts'
import { fillOffline } from '../scene.ts'
import { inOneRoom } from './everywhere.ts'

export const events: Dimension = {
  name: 'events',
  summary: 'messages in one room',
  sizes: [1_000, 10_000, 100_000, 1_000_000],
  async fill(scene) {
    const { server, roomId, size } = scene
    await server.stop()
    await fillRoom(server.storageOptions, roomId, size)
    await fillOffline(scene, async (storage) => {
      const positions = await storage.positions()
      scene.eventId = `$copy${positions.events - Math.floor(size / 2)}`
    })
  },
  operations: [...inOneRoom, notifications],
}
