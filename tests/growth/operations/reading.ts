import { callJson } from '../../bench/call.ts'
import { CLIENT, enc, get, type Operation, plain, post, roomPath } from '../operation.ts'

const LAZY = enc(JSON.stringify({ lazy_load_members: true }))

export const whoami = plain('whoami', ({ user }) => get(user, `${CLIENT}/account/whoami`))
export const messages = plain('messages, the newest 20', (scene) =>
  get(scene.user, `${roomPath(scene)}/messages?dir=b&limit=20`),
)
export const deepMessages: Operation = {
  name: 'messages, 20 from the middle',
  async prepare(scene) {
    const { start } = await callJson<{ start: string }>(context(scene))
    return () => get(scene.user, `${roomPath(scene)}/messages?dir=b&limit=20&from=${enc(start)}`)
  },
}
const context = (
  scene: Parameters<typeof roomPath>[0] & { user: Parameters<typeof get>[0]; eventId: string },
) => get(scene.user, `${roomPath(scene)}/context/${enc(scene.eventId)}?limit=10&filter=${LAZY}`)
export const lazyContext = plain('context, members as needed', context)
export const members = plain('members', (scene) => get(scene.user, `${roomPath(scene)}/members`))
export const joinedMembers = plain('joined_members', (scene) =>
  get(scene.user, `${roomPath(scene)}/joined_members`),
)
export const state = plain('state, all of it', (scene) => get(scene.user, `${roomPath(scene)}/state`))
export const oneState = plain('state, one entry', (scene) =>
  get(scene.user, `${roomPath(scene)}/state/m.room.join_rules/`),
)
export const event = plain('one event', (scene) =>
  get(scene.user, `${roomPath(scene)}/event/${enc(scene.eventId)}`),
)
export const profile = plain('profile', ({ user, other }) =>
  get(user, `${CLIENT}/profile/${enc(other.userId)}`),
)
export const joinedRooms = plain('joined_rooms', ({ user }) => get(user, `${CLIENT}/joined_rooms`))
export const publicRooms = plain('public rooms, 20', ({ user }) =>
  get(user, `${CLIENT}/publicRooms?limit=20`),
)
export const searchRooms = plain('public rooms, a search', ({ user }) =>
  post(user, `${CLIENT}/publicRooms`, { limit: 20, filter: { generic_search_term: 'grows' } }),
)
export const directory = plain('user directory, a search', ({ user }, n) =>
  post(user, `${CLIENT}/user_directory/search`, { limit: 10, search_term: 'aeiou'[n % 5] }),
)
export const roomSummary = plain('room summary', ({ user, roomId }) =>
  get(user, `/_matrix/client/v1/room_summary/${enc(roomId)}`),
)
export const notifications = plain('notifications', ({ user }) =>
  get(user, `${CLIENT}/notifications?limit=10`),
)
export const pushRules = plain('push rules', ({ user }) => get(user, `${CLIENT}/pushrules/`))
