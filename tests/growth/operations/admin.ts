import { ADMIN, enc, fresh, get, plain, put } from '../operation.ts'

export const adminUser = plain('admin: a user', ({ admin, user }) =>
  get(admin, `${ADMIN}/v2/users/${enc(user.userId)}`),
)
export const adminUsers = plain('admin: a page of users', ({ admin }) =>
  get(admin, `${ADMIN}/v2/users?limit=100`),
)
export const adminChange = plain('admin: change a user', ({ admin, guest }) =>
  put(admin, `${ADMIN}/v2/users/${enc(guest.userId)}`, { user_type: null, displayname: fresh() }),
)
export const adminNewUser = plain('admin: a new user', ({ admin, server }) =>
  put(admin, `${ADMIN}/v2/users/${enc(`@made-${fresh()}:${server.serverName}`)}`, { displayname: 'New' }),
)
export const adminRooms = plain('admin: a page of rooms', ({ admin }) =>
  get(admin, `${ADMIN}/v1/rooms?limit=100`),
)
export const adminRoom = plain('admin: a room', ({ admin, roomId }) =>
  get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}`),
)
export const adminMembers = plain('admin: members of a room', ({ admin, roomId }) =>
  get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/members`),
)
export const adminState = plain('admin: state of a room', ({ admin, roomId }) =>
  get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/state`),
)
export const adminMessages = plain('admin: messages of a room', ({ admin, roomId }) =>
  get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/messages?dir=b&limit=20`),
)
export const adminJoinedRooms = plain('admin: rooms of a user', ({ admin, user }) =>
  get(admin, `${ADMIN}/v1/users/${enc(user.userId)}/joined_rooms`),
)
export const adminDevices = plain('admin: devices of a user', ({ admin, user }) =>
  get(admin, `${ADMIN}/v2/users/${enc(user.userId)}/devices`),
)
export const adminWhois = plain('admin: whois', ({ admin, user }) =>
  get(admin, `${ADMIN}/v1/whois/${enc(user.userId)}`),
)
