import type { ReadHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'
import { RoomMemberReader, RoomMemberWriter } from './room-members.ts'
import { RoomStateReader } from './room-state.ts'
import { RoomReader, RoomWriter } from './rooms.ts'
import { SnapshotReader } from './snapshots.ts'

/** Reads of committed data, one store a subject. */
export interface ReadStores {
  readonly rooms: RoomReader
  readonly roomState: RoomStateReader
  readonly members: RoomMemberReader
  readonly snapshots: SnapshotReader
}

/** The same stores inside a transaction, with their writing verbs. */
export interface WriteStores {
  readonly rooms: RoomWriter
  readonly roomState: RoomStateReader
  readonly members: RoomMemberWriter
  readonly snapshots: SnapshotReader
}

export function readStores(db: ReadHandle): ReadStores {
  return {
    rooms: new RoomReader(db),
    roomState: new RoomStateReader(db),
    members: new RoomMemberReader(db),
    snapshots: new SnapshotReader(db),
  }
}

/** `base` is the transaction the stores write through: they take positions and announce facts with it. */
export function writeStores(base: Pick<Transaction, 'db' | 'takePosition' | 'announce'>): WriteStores {
  return {
    rooms: new RoomWriter(base),
    roomState: new RoomStateReader(base.db),
    members: new RoomMemberWriter(base),
    snapshots: new SnapshotReader(base.db),
  }
}
