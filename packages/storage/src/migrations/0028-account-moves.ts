import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** The log of accounts that came or changed (`stores/account-list/moves.ts`). An older release would not write it. */
export const accountMoves: Migration = {
  compatibleSince: 28,
  async up(db) {
    await ddl(
      db,
      `CREATE TABLE user_moves (
         position BIGINT NOT NULL PRIMARY KEY,
         account BIGINT NOT NULL
       )`,
    )
  },
}
