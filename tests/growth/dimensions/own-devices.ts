import { Client } from '@ranvier/testkit'
import { eachOf } from '../../bench/scenarios/scenario.ts'
import { asked, type Dimension, isEmpty } from '../operation.ts'
import { adminDevices, adminWhois } from '../operations/admin.ts'
import { listDevices, queryOneDevice, queryOwnKeys, toAllDevices } from '../operations/devices.ts'
import { ownJoin, ownLeave, send } from '../operations/sending.ts'
import { idleSync, initialSync, messageSync } from '../operations/syncing.ts'
import { fillOffline, type Scene, uploadKeys } from '../scene.ts'
import { ofOneUser } from './everywhere.ts'

const AT_ONCE = 4

export const ownDevices: Dimension = {
  name: 'own-devices',
  summary: 'devices of a user, each with its keys',
  sizes: [1, 5, 50, 500],
  async fill(scene) {
    await eachOf(Array.from({ length: scene.size - 1 }), AT_ONCE, () => addDevice(scene))
    await fillOffline(scene, async () => {})
  },
  operations: [
    ...ofOneUser,
    send,
    ownJoin,
    ownLeave,
    initialSync,
    idleSync,
    messageSync,
    queryOneDevice,
    asked(queryOwnKeys, queryOwnKeys.isRight),
    asked(toAllDevices, isEmpty),
    asked(listDevices, listDevices.isRight),
    asked(adminDevices, adminDevices.isRight),
    asked(adminWhois, adminWhois.isRight),
  ],
}

const addDevice = async ({ url }: Scene) => uploadKeys(await Client.logIn(url, 'user'))
