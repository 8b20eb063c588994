import { callJson } from '../../bench/call.ts'
import { CLIENT, enc, fresh, get, isEmpty, type Operation, plain, post, put } from '../operation.ts'
import type { Scene } from '../scene.ts'
import { newest } from './syncing.ts'

const loginBody = (deviceId: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: 'user' },
  password: 'pw-user',
  device_id: deviceId,
})

export const login = plain(
  'login',
  ({ user }) => post(user, `${CLIENT}/login`, loginBody('GROWTH')),
  ({ device_id }: { device_id: string }) => device_id === 'GROWTH',
)
export const newDeviceLogin: Operation = {
  name: 'login with a new device, and its logout',
  isRight: isEmpty,
  prepare:
    ({ user }) =>
    async () => {
      const { access_token } = await callJson<{ access_token: string }>(
        post(user, `${CLIENT}/login`, loginBody(fresh())),
      )
      return { url: `${user.url}${CLIENT}/logout`, method: 'POST', token: access_token, body: '{}' }
    },
}

interface Keys {
  device_keys: Record<string, Record<string, object>>
}
const keysOf = ({ device_keys }: Keys, { userId }: Scene['user']) => device_keys[userId] ?? {}

export const queryKeys = plain(
  'keys/query of one user',
  ({ user, other }) => post(user, `${CLIENT}/keys/query`, { device_keys: { [other.userId]: [] } }),
  (answer: Keys, { other }) => Object.keys(keysOf(answer, other)).join() === other.deviceId,
)
export const queryOneDevice = plain(
  'keys/query of one device',
  ({ other, user }) =>
    post(other, `${CLIENT}/keys/query`, { device_keys: { [user.userId]: [user.deviceId] } }),
  (answer: Keys, { user }) => Object.keys(keysOf(answer, user)).join() === user.deviceId,
)
export const queryOwnKeys = plain(
  'keys/query of the user',
  ({ user }) => post(user, `${CLIENT}/keys/query`, { device_keys: { [user.userId]: [] } }),
  (answer: Keys, { user, size }) => Object.keys(keysOf(answer, user)).length >= size,
)
export const uploadKeys = plain(
  'keys/upload, a one-time key',
  ({ user }, n) =>
    post(user, `${CLIENT}/keys/upload`, { one_time_keys: { [`curve25519:${fresh()}`]: `key ${n}` } }),
  (answer: { one_time_key_counts: Record<string, number> }) => answer.one_time_key_counts['curve25519']! > 0,
)
export const changedKeys: Operation = {
  name: 'keys/changes',
  isRight: ({ changed }: { changed: string[] }, { other }) => changed.includes(other.userId),
  async prepare({ user, other, oldToken }) {
    await other.put(`${CLIENT}/devices/${enc(other.deviceId)}`, { display_name: fresh() })
    const path = `${CLIENT}/keys/changes?from=${enc(oldToken)}&to=${enc(await newest(user))}`
    return () => get(user, path)
  },
}
export const toDevice = plain(
  'a message to one device',
  ({ user, other }) =>
    put(other, `${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
      messages: { [user.userId]: { [user.deviceId]: { body: 'psst' } } },
    }),
  isEmpty,
)
export const toAllDevices = plain(
  'a message to all devices',
  ({ user, other }) =>
    put(other, `${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
      messages: { [user.userId]: { '*': { body: 'psst' } } },
    }),
  isEmpty,
)
export const listDevices = plain(
  'devices',
  ({ user }) => get(user, `${CLIENT}/devices`),
  ({ devices }: { devices: unknown[] }, { size }) => devices.length >= size,
)
