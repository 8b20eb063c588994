import type { AuditNotes } from './audit/notes.ts'
import type { WriteHandle } from './db/types.ts'
import type { WriteStores } from './stores/index.ts'
import type { Fact, StreamName } from './streams.ts'

/** Permission to write. Only `Storage.write` makes one; everything done through it commits together or not at all. */
export interface Transaction extends WriteStores {
  readonly db: WriteHandle
  /** Takes the next position of a stream (the last of `count`). */
  takePosition(stream: StreamName, count?: number): Promise<number>
  /** Announces something once this transaction has committed. */
  announce(fact: Fact): void
  /** What the audit log is to say of this transaction, if it is part of an administrator's action. */
  readonly audit: AuditNotes
}
