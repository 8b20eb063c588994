import { Client } from '@ranvier/testkit'
import { eachOf } from '../../bench/scenarios/scenario.ts'
import { asked, CLIENT, type Dimension } from '../operation.ts'
import { adminDevices, adminWhois } from '../operations/admin.ts'
import { listDevices, queryOneDevice, queryOwnKeys, toAllDevices } from '../operations/devices.ts'
import { join, leave, send } from '../operations/sending.ts'
import { idleSync, initialSync, messageSync } from '../operations/syncing.ts'
import { fillOffline, type Scene } from '../scene.ts'
import { ofOneUser } from './everywhere.ts'

const AT_ONCE = 4
const KEY = 'k'.repeat(43)

export const ownDevices: Dimension = {
  name: 'own-devices',
  summary: 'devices of a user, each with its keys',
  sizes: [1, 5, 50, 500],
  async fill(scene) {
    await uploadKeys(scene.user)
    await eachOf(Array.from({ length: scene.size - 1 }), AT_ONCE, () => addDevice(scene))
    await fillOffline(scene, async () => {})
  },
  operations: [
    ...ofOneUser,
    send,
    join,
    leave,
    initialSync,
    idleSync,
    messageSync,
    queryOneDevice,
    asked(queryOwnKeys),
    asked(toAllDevices),
    asked(listDevices),
    asked(adminDevices),
    asked(adminWhois),
  ],
}

const addDevice = async ({ url }: Scene) => uploadKeys(await Client.logIn(url, 'user'))

async function uploadKeys(client: Client): Promise<void> {
  const { userId, deviceId } = client
  await client.post(`${CLIENT}/keys/upload`, {
    device_keys: {
      user_id: userId,
      device_id: deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
      keys: { [`curve25519:${deviceId}`]: KEY, [`ed25519:${deviceId}`]: KEY },
      signatures: { [userId]: { [`ed25519:${deviceId}`]: 's'.repeat(86) } },
    },
    one_time_keys: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`curve25519:${i}`, `key ${i}`])),
  })
}
