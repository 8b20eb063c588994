import type { RoomVersionRules } from '../room-version/types.ts'
import { findRoomVersion, supportedRoomVersions } from '../room-version/versions.ts'
import type { Pdu } from './types.ts'

export const HASH = 'AqFcYPC-0rQYGnLkp4kcJyqvhL3t0XpD7YvT2Nz_W8s'

/** The rules of a version that exists. */
export function rulesOf(version: string): RoomVersionRules {
  return findRoomVersion(version)!
}

/** The rules of every version, oldest first. */
export const allRules = supportedRoomVersions().map(rulesOf)

/** A well-formed message of the room version, with `changes` laid over it. */
export function testPdu(rules: RoomVersionRules, changes: Record<string, unknown> = {}): Pdu {
  const id = rules.eventIds === 'own' ? '$other:one.test' : `$${HASH}`
  const reference = rules.referencePairs ? [id, { sha256: HASH }] : id
  return {
    type: 'm.room.message',
    sender: '@alice:one.test',
    room_id: rules.hashRoomIds ? `!${HASH}` : '!room:one.test',
    content: { msgtype: 'm.text', body: 'hello' },
    origin_server_ts: 1_700_000_000_000,
    depth: 7,
    prev_events: [reference],
    auth_events: [reference],
    hashes: { sha256: HASH },
    signatures: { 'one.test': { 'ed25519:1': 'c2ln' } },
    ...(rules.eventIds === 'own' && { event_id: '$this:one.test' }),
    ...changes,
  } as unknown as Pdu // ids in tests are written as plain text
}
