import { ADMIN, enc, fresh, get, plain, put } from '../operation.ts'
import type { Scene } from '../scene.ts'

const PAGE = 100

export const adminUser = plain(
  'admin: a user',
  ({ admin, user }) => get(admin, `${ADMIN}/v2/users/${enc(user.userId)}`),
  (answer: { name: string }, { user }) => answer.name === user.userId,
)
export const adminUsers = plain(
  'admin: a page of users',
  ({ admin }) => get(admin, `${ADMIN}/v2/users?limit=${PAGE}`),
  ({ users }: { users: unknown[] }) => users.length === PAGE,
)
export const adminChange = plain(
  'admin: change a user',
  ({ admin, guest }) =>
    put(admin, `${ADMIN}/v2/users/${enc(guest.userId)}`, { user_type: null, displayname: fresh() }),
  (answer: { name: string }, { guest }) => answer.name === guest.userId,
)
export const adminNewUser = plain(
  'admin: a new user',
  ({ admin, server }) =>
    put(admin, `${ADMIN}/v2/users/${enc(`@made-${fresh()}:${server.serverName}`)}`, { displayname: 'New' }),
  ({ displayname }: { displayname: string }) => displayname === 'New',
)
export const adminRooms = plain(
  'admin: a page of rooms',
  ({ admin }) => get(admin, `${ADMIN}/v1/rooms?limit=${PAGE}`),
  ({ rooms }: { rooms: unknown[] }) => rooms.length === PAGE,
)
export const adminRoom = plain(
  'admin: a room',
  ({ admin, roomId }) => get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}`),
  (answer: { room_id: string; joined_members: number }, { roomId }) =>
    answer.room_id === roomId && answer.joined_members >= 3,
)
export const adminMembers = plain(
  'admin: members of a room',
  ({ admin, roomId }) => get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/members`),
  ({ members }: { members: unknown[] }, { size }) => members.length >= size,
)
export const adminState = plain(
  'admin: state of a room',
  ({ admin, roomId }) => get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/state`),
  ({ state }: { state: unknown[] }, { size }) => state.length >= size,
)
export const adminMessages = plain(
  'admin: messages of a room',
  ({ admin, roomId }) => get(admin, `${ADMIN}/v1/rooms/${enc(roomId)}/messages?dir=b&limit=20`),
  ({ chunk }: { chunk: unknown[] }) => chunk.length === 20,
)
export const adminJoinedRooms = plain(
  'admin: rooms of a user',
  ({ admin, user }) => get(admin, `${ADMIN}/v1/users/${enc(user.userId)}/joined_rooms`),
  ({ joined_rooms }: { joined_rooms: unknown[] }, { size }) => joined_rooms.length > size,
)
export const adminDevices = plain(
  'admin: devices of a user',
  ({ admin, user }) => get(admin, `${ADMIN}/v2/users/${enc(user.userId)}/devices`),
  ({ devices }: { devices: unknown[] }, { size }) => devices.length >= size,
)
export const adminWhois = plain(
  'admin: whois',
  ({ admin, user }) => get(admin, `${ADMIN}/v1/whois/${enc(user.userId)}`),
  (answer: { user_id: string; devices: object }, { user }: Scene) =>
    answer.user_id === user.userId && Object.keys(answer.devices).length > 0,
)
