import { callJson } from '../../bench/call.ts'
import { CLIENT, enc, fresh, get, type Operation, plain, post, put } from '../operation.ts'
import { newest } from './syncing.ts'

const loginBody = (deviceId: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: 'user' },
  password: 'pw-user',
  device_id: deviceId,
})

export const login = plain('login', ({ user }) => post(user, `${CLIENT}/login`, loginBody('GROWTH')))
export const newDeviceLogin: Operation = {
  name: 'login with a new device, and its logout',
  prepare:
    ({ user }) =>
    async () => {
      const { access_token } = await callJson<{ access_token: string }>(
        post(user, `${CLIENT}/login`, loginBody(fresh())),
      )
      return { url: `${user.url}${CLIENT}/logout`, method: 'POST', token: access_token, body: '{}' }
    },
}
export const queryKeys = plain('keys/query of one user', ({ user, other }) =>
  post(user, `${CLIENT}/keys/query`, { device_keys: { [other.userId]: [] } }),
)
export const queryOneDevice = plain('keys/query of one device', ({ other, user }) =>
  post(other, `${CLIENT}/keys/query`, { device_keys: { [user.userId]: [user.deviceId] } }),
)
export const queryOwnKeys = plain('keys/query of the user', ({ user }) =>
  post(user, `${CLIENT}/keys/query`, { device_keys: { [user.userId]: [] } }),
)
export const uploadKeys = plain('keys/upload, a one-time key', ({ user }, n) =>
  post(user, `${CLIENT}/keys/upload`, { one_time_keys: { [`curve25519:${fresh()}`]: `key ${n}` } }),
)
export const changedKeys: Operation = {
  name: 'keys/changes',
  async prepare({ user, oldToken }) {
    const path = `${CLIENT}/keys/changes?from=${enc(oldToken)}&to=${enc(await newest(user))}`
    return () => get(user, path)
  },
}
export const toDevice = plain('a message to one device', ({ user, other }) =>
  put(other, `${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
    messages: { [user.userId]: { [user.deviceId]: { body: 'psst' } } },
  }),
)
export const toAllDevices = plain('a message to all devices', ({ user, other }) =>
  put(other, `${CLIENT}/sendToDevice/org.example.growth/${fresh()}`, {
    messages: { [user.userId]: { '*': { body: 'psst' } } },
  }),
)
export const listDevices = plain('devices', ({ user }) => get(user, `${CLIENT}/devices`))
