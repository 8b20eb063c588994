import { CLIENT, enc, fresh, type Operation, plain, post, put, roomPath, sendCall } from '../operation.ts'

export const send = plain('send', ({ user, roomId }) => sendCall(user, roomId))
export const topic = plain('a state change', (scene) =>
  put(scene.admin, `${roomPath(scene)}/state/m.room.topic/`, { topic: fresh() }),
)
export const redact: Operation = {
  name: 'redaction',
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'a mistake', { txnId: fresh() })
    return put(scene.other, `${roomPath(scene)}/redact/${enc(eventId)}/${fresh()}`)
  },
}
export const typing = plain('typing', (scene, n) =>
  put(scene.user, `${roomPath(scene)}/typing/${enc(scene.user.userId)}`, {
    typing: n % 2 === 0,
    timeout: 30_000,
  }),
)
export const receipt: Operation = {
  name: 'receipt',
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'read this', { txnId: fresh() })
    return post(scene.user, `${roomPath(scene)}/receipt/m.read/${enc(eventId)}`)
  },
}
export const readMarker: Operation = {
  name: 'read marker',
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'read this', { txnId: fresh() })
    return post(scene.user, `${roomPath(scene)}/read_markers`, { 'm.fully_read': eventId, 'm.read': eventId })
  },
}
export const join: Operation = {
  name: 'join',
  prepare: (scene) => async (n) => {
    if (n > 0) await scene.guest.leave(scene.roomId)
    return post(scene.guest, `${CLIENT}/join/${enc(scene.roomId)}`)
  },
}
export const leave: Operation = {
  name: 'leave',
  prepare: (scene) => async () => {
    await scene.guest.join(scene.roomId)
    return post(scene.guest, `${roomPath(scene)}/leave`)
  },
}
export const invite: Operation = {
  name: 'invite',
  prepare: (scene) => async () => {
    await scene.guest.join(scene.roomId)
    await scene.guest.leave(scene.roomId)
    return post(scene.admin, `${roomPath(scene)}/invite`, { user_id: scene.guest.userId })
  },
}
export const createRoom = plain('create a room', ({ user }) =>
  post(user, `${CLIENT}/createRoom`, { preset: 'private_chat', name: 'another' }),
)
export const displayName: Operation = {
  ...plain('display name', ({ user }) =>
    put(user, `${CLIENT}/profile/${enc(user.userId)}/displayname`, { displayname: `user ${fresh()}` }),
  ),
  leavesWork: true,
}
export const accountData = plain('account data', ({ user }) =>
  put(user, `${CLIENT}/user/${enc(user.userId)}/account_data/org.example.growth`, { value: fresh() }),
)
export const presence = plain('presence', ({ user }) =>
  put(user, `${CLIENT}/presence/${enc(user.userId)}/status`, { presence: 'online', status_msg: fresh() }),
)
export const upload = plain('media upload, 10 kB', ({ user }, n) => ({
  url: `${user.url}/_matrix/media/v3/upload?filename=growth`,
  method: 'POST',
  token: user.accessToken,
  contentType: 'application/octet-stream',
  body: Buffer.alloc(10_000, `${fresh()} ${n}`),
}))
