import type { WriteHandle } from '../db/types.ts'

/** A step of the schema. Forward only; never edited once released. */
export interface Migration {
  /** Oldest schema version whose code still works on the schema after this step. */
  readonly compatibleSince: number
  up(db: WriteHandle): Promise<void>
}
