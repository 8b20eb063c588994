import { callJson } from '../../bench/call.ts'
import { CLIENT, enc, get, type Operation, plain, post, roomPath } from '../operation.ts'
import type { Scene } from '../scene.ts'

const LAZY = enc(JSON.stringify({ lazy_load_members: true }))

interface Chunk {
  chunk: unknown[]
}
const isPage = ({ chunk }: Chunk) => chunk.length === 20

export const whoami = plain(
  'whoami',
  ({ user }) => get(user, `${CLIENT}/account/whoami`),
  ({ user_id }: { user_id: string }, { user }) => user_id === user.userId,
)
export const messages = plain(
  'messages, the newest 20',
  (scene) => get(scene.user, `${roomPath(scene)}/messages?dir=b&limit=20`),
  isPage,
)
export const deepMessages: Operation = {
  name: 'messages, 20 from the middle',
  isRight: isPage,
  async prepare(scene) {
    const { start } = await callJson<{ start: string }>(context(scene))
    return () => get(scene.user, `${roomPath(scene)}/messages?dir=b&limit=20&from=${enc(start)}`)
  },
}
const context = (scene: Scene) =>
  get(scene.user, `${roomPath(scene)}/context/${enc(scene.eventId)}?limit=10&filter=${LAZY}`)
export const lazyContext = plain(
  'context, members as needed',
  context,
  (answer: { event: { event_id: string }; events_before: unknown[]; events_after: unknown[] }, { eventId }) =>
    answer.event.event_id === eventId && answer.events_before.length + answer.events_after.length === 10,
)
export const members = plain(
  'members',
  (scene) => get(scene.user, `${roomPath(scene)}/members`),
  ({ chunk }: Chunk, { size }) => chunk.length >= size,
)
export const joinedMembers = plain(
  'joined_members',
  (scene) => get(scene.user, `${roomPath(scene)}/joined_members`),
  ({ joined }: { joined: object }, { size }) => Object.keys(joined).length >= size,
)
export const state = plain(
  'state, all of it',
  (scene) => get(scene.user, `${roomPath(scene)}/state`),
  (answer: unknown[]) => answer.length >= 50,
)
export const oneState = plain(
  'state, one entry',
  (scene) => get(scene.user, `${roomPath(scene)}/state/m.room.join_rules/`),
  ({ join_rule }: { join_rule: string }) => join_rule === 'public',
)
export const event = plain(
  'one event',
  (scene) => get(scene.user, `${roomPath(scene)}/event/${enc(scene.eventId)}`),
  ({ event_id }: { event_id: string }, { eventId }) => event_id === eventId,
)
export const profile = plain(
  'profile',
  ({ user, other }) => get(user, `${CLIENT}/profile/${enc(other.userId)}`),
  ({ displayname }: { displayname: string }) => displayname === 'other',
)
export const joinedRooms = plain(
  'joined_rooms',
  ({ user }) => get(user, `${CLIENT}/joined_rooms`),
  ({ joined_rooms }: { joined_rooms: unknown[] }, { size }) => joined_rooms.length > size,
)
export const publicRooms = plain(
  'public rooms, 20',
  ({ user }) => get(user, `${CLIENT}/publicRooms?limit=20`),
  ({ chunk }: Chunk) => chunk.length <= 20,
)
const search = (term: string) => (scene: Scene) =>
  post(scene.user, `${CLIENT}/publicRooms`, { limit: 20, filter: { generic_search_term: term } })
/** No name is made of this. */
export const searchRooms = plain(
  'public rooms, a search for none',
  search('grows'),
  ({ chunk }: Chunk) => chunk.length === 0,
)
/** A syllable: many names have it. */
export const searchManyRooms = plain(
  'public rooms, a search for many',
  search('lin'),
  ({ chunk }: Chunk, { size }) => chunk.length >= Math.min(20, Math.floor(size / 200)),
)
export const directory = plain(
  'user directory, a search',
  ({ user }, n) => post(user, `${CLIENT}/user_directory/search`, { limit: 10, search_term: 'aeiou'[n % 5] }),
  ({ results }: { results: unknown[] }) => Array.isArray(results),
)
export const roomSummary = plain(
  'room summary',
  ({ user, roomId }) => get(user, `/_matrix/client/v1/room_summary/${enc(roomId)}`),
  ({ num_joined_members }: { num_joined_members: number }, { size }) => num_joined_members >= size,
)
export const notifications = plain(
  'notifications',
  ({ user }) => get(user, `${CLIENT}/notifications?limit=10`),
  (answer: { notifications: unknown[] }) => Array.isArray(answer.notifications),
)
