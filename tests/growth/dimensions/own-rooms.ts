import { eachOf } from '../../bench/scenarios/scenario.ts'
import { asked, type Dimension } from '../operation.ts'
import { adminJoinedRooms } from '../operations/admin.ts'
import { joinedRooms } from '../operations/reading.ts'
import { createRoom, ownJoin, ownLeave, receipt, send, typing } from '../operations/sending.ts'
import { slidingFirst, slidingIdle, slidingMessage } from '../operations/sliding.ts'
import {
  idleSync,
  initialSync,
  messageSync,
  oldSync,
  oneRoomSync,
  receiptSync,
  type SyncAnswer,
} from '../operations/syncing.ts'
import { fillOffline } from '../scene.ts'
import { ofOneUser } from './everywhere.ts'

const AT_ONCE = 16

export const ownRooms: Dimension = {
  name: 'own-rooms',
  summary: 'rooms that a user is in, each with one other',
  sizes: [2, 20, 200, 2_000],
  async fill(scene) {
    const { other, user, size } = scene
    await eachOf(Array.from({ length: size }), AT_ONCE, async () => {
      const roomId = await other.createRoom({ preset: 'public_chat', name: 'One of many' })
      await user.join(roomId)
    })
    scene.oldToken = (await user.sync()).next_batch
    await fillOffline(scene, async () => {})
  },
  operations: [
    oldSync, // before a change of the name that all rooms hear of
    ...ofOneUser.filter((operation) => operation !== createRoom),
    send,
    ownJoin,
    ownLeave,
    receipt,
    typing,
    idleSync,
    messageSync,
    receiptSync,
    oneRoomSync,
    slidingFirst,
    slidingIdle,
    slidingMessage,
    asked(initialSync, ({ rooms }: SyncAnswer, { size }) => Object.keys(rooms!.join!).length > size),
    asked(joinedRooms, joinedRooms.isRight),
    asked(adminJoinedRooms, adminJoinedRooms.isRight),
    createRoom, // which adds to what is counted: a dozen to the two
  ],
}
