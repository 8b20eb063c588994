import type { ReadHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'
import { RoomReader } from './rooms.ts'

/** Reads of committed data, one store a subject. */
export interface ReadStores {
  readonly rooms: RoomReader
}

/** The same stores inside a transaction, with their writing verbs. */
export interface WriteStores {
  readonly rooms: RoomReader
}

export function readStores(db: ReadHandle): ReadStores {
  return { rooms: new RoomReader(db) }
}

/** `base` is the transaction the stores write through: they take positions and announce facts with it. */
export function writeStores(base: Pick<Transaction, 'db' | 'takePosition' | 'announce'>): WriteStores {
  return { rooms: new RoomReader(base.db) }
}
