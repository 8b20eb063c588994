import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { LoadedEvent } from '../room-events.ts'
import type { RoomReads } from './read-access.ts'

/** Spec: CS API §Stripped state. */
const STRIPPED_TYPES = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
]

/** What somebody outside may know of a room, the oldest first. */
export interface KnownOutside {
  /** The state that says what room it is, and the member event of who caused that they know. */
  state: LoadedEvent[]
  /** The member event that concerns them; `undefined` when it is gone. */
  own: LoadedEvent | undefined
}

/** What the user of the member event `memberNid`, an invite or a knock, may know of the room now. */
export async function knownOutside(
  { storage, roomEvents }: Pick<RoomReads, 'storage' | 'roomEvents'>,
  roomId: RoomId,
  memberNid: number,
): Promise<KnownOutside> {
  const { roomState } = storage.read
  const entries = await roomState.currentEntriesButMembers(roomId)
  const nids = entries
    .filter(({ type, stateKey }) => stateKey === '' && STRIPPED_TYPES.includes(type))
    .map((e) => e.nid)
  const events = await roomEvents.byNid([...nids, memberNid])
  const own = events.get(memberNid)
  events.delete(memberNid)
  const [inviter] =
    own === undefined ? [] : await roomState.entriesFor(roomId, 'm.room.member', [own.row.sender])
  const inviterEvent = inviter && (await roomEvents.byNid([inviter.nid])).get(inviter.nid)
  const state = [...events.values()].sort((a, b) => a.row.nid - b.row.nid)
  if (inviterEvent !== undefined && inviter?.nid !== memberNid) state.push(inviterEvent)
  return { state, own }
}

/** {@link knownOutside} as JSON texts, the member event that concerns them last. */
export async function strippedState(
  reads: Pick<RoomReads, 'storage' | 'roomEvents'>,
  roomId: RoomId,
  memberNid: number,
): Promise<string[]> {
  const { state, own } = await knownOutside(reads, roomId, memberNid)
  return [...state, ...(own === undefined ? [] : [own])].map(strippedText)
}

/** An event as stripped state shows it. */
export function strippedText({ event: { type, stateKey, sender, content } }: LoadedEvent): string {
  return JSON.stringify({ type, state_key: stateKey, sender, content })
}
