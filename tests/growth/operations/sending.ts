import {
  CLIENT,
  enc,
  fresh,
  isEmpty,
  type Operation,
  plain,
  post,
  put,
  roomPath,
  sendCall,
} from '../operation.ts'

const isEvent = ({ event_id }: { event_id: string }) => event_id.startsWith('$')

export const send = plain('send', ({ user, roomId }) => sendCall(user, roomId), isEvent)
export const topic = plain(
  'a state change',
  (scene) => put(scene.admin, `${roomPath(scene)}/state/m.room.topic/`, { topic: fresh() }),
  isEvent,
)
export const redact: Operation = {
  name: 'redaction',
  isRight: isEvent,
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'a mistake', { txnId: fresh() })
    return put(scene.other, `${roomPath(scene)}/redact/${enc(eventId)}/${fresh()}`)
  },
}
export const typing = plain(
  'typing',
  (scene, n) =>
    put(scene.user, `${roomPath(scene)}/typing/${enc(scene.user.userId)}`, {
      typing: n % 2 === 0,
      timeout: 30_000,
    }),
  isEmpty,
)
export const receipt: Operation = {
  name: 'receipt',
  isRight: isEmpty,
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'read this', { txnId: fresh() })
    return post(scene.user, `${roomPath(scene)}/receipt/m.read/${enc(eventId)}`)
  },
}
export const readMarker: Operation = {
  name: 'read marker',
  isRight: isEmpty,
  prepare: (scene) => async () => {
    const eventId = await scene.other.send(scene.roomId, 'read this', { txnId: fresh() })
    return post(scene.user, `${roomPath(scene)}/read_markers`, { 'm.fully_read': eventId, 'm.read': eventId })
  },
}

const isRoom = ({ room_id }: { room_id: string }) => room_id.startsWith('!')

/** Of somebody who is in no other room. */
export const join: Operation = {
  name: 'join',
  isRight: isRoom,
  prepare: (scene) => async (n) => {
    if (n > 0) await scene.guest.leave(scene.roomId)
    return post(scene.guest, `${CLIENT}/join/${enc(scene.roomId)}`)
  },
}
export const leave: Operation = {
  name: 'leave',
  isRight: isEmpty,
  prepare: (scene) => async () => {
    await scene.guest.join(scene.roomId)
    return post(scene.guest, `${roomPath(scene)}/leave`)
  },
}
/** Of who has as many rooms or devices as there are. */
export const ownJoin: Operation = {
  name: 'join of the user',
  isRight: isRoom,
  prepare: (scene) => async () => {
    await scene.user.leave(scene.roomId)
    return post(scene.user, `${CLIENT}/join/${enc(scene.roomId)}`)
  },
}
/** Leaves a room that is there for it, or the next operation would find the user gone. */
export const ownLeave: Operation = {
  name: 'leave of the user',
  isRight: isEmpty,
  async prepare({ other, user }) {
    const roomId = await other.createRoom({ preset: 'public_chat' })
    return async () => {
      await user.join(roomId)
      return post(user, `${CLIENT}/rooms/${enc(roomId)}/leave`)
    }
  },
}
export const invite: Operation = {
  name: 'invite',
  isRight: isEmpty,
  prepare: (scene) => async () => {
    await scene.guest.join(scene.roomId)
    await scene.guest.leave(scene.roomId)
    return post(scene.admin, `${roomPath(scene)}/invite`, { user_id: scene.guest.userId })
  },
}
export const createRoom = plain(
  'create a room',
  ({ user }) => post(user, `${CLIENT}/createRoom`, { preset: 'private_chat', name: 'another' }),
  isRoom,
)
export const displayName: Operation = {
  ...plain(
    'display name',
    ({ user }) =>
      put(user, `${CLIENT}/profile/${enc(user.userId)}/displayname`, { displayname: `user ${fresh()}` }),
    isEmpty,
  ),
  leavesWork: true,
}
export const accountData = plain(
  'account data',
  ({ user }) =>
    put(user, `${CLIENT}/user/${enc(user.userId)}/account_data/org.example.growth`, { value: fresh() }),
  isEmpty,
)
export const presence = plain(
  'presence',
  ({ user }) =>
    put(user, `${CLIENT}/presence/${enc(user.userId)}/status`, { presence: 'online', status_msg: fresh() }),
  isEmpty,
)
export const upload = plain(
  'media upload, 10 kB',
  ({ user }, n) => ({
    url: `${user.url}/_matrix/media/v3/upload?filename=growth`,
    method: 'POST',
    token: user.accessToken,
    contentType: 'application/octet-stream',
    body: Buffer.alloc(10_000, `${fresh()} ${n}`),
  }),
  ({ content_uri }: { content_uri: string }) => content_uri.startsWith('mxc://'),
)
