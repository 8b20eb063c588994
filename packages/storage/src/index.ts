export type {
  CommittedEvent,
  MemberChange,
  NewEvent,
  RoomCommit,
  RoomCommitResult,
  RoomSummary,
} from './commit/types.ts'
export type { Dialect, ReadHandle, SqlValue, WriteHandle } from './db/types.ts'
export * from './errors.ts'
export { openStorage, type Storage, type StorageOptions } from './open.ts'
export type { ReadStores, WriteStores } from './stores/index.ts'
export { ALL_MEMBERSHIPS, type RoomOfUser } from './stores/room-members.ts'
export type { StateEntry } from './stores/room-state.ts'
export type { EventRow, MemberRow, Membership, RoomRow, StateChangeRow } from './stores/room-types.ts'
export type { ClientTxn, TimelineRange } from './stores/rooms.ts'
export { type Fact, STREAMS, type StreamName } from './streams.ts'
export type { Transaction } from './transaction.ts'
