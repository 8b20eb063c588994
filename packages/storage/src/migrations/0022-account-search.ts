import { ACCOUNT_LISTS } from '../stores/account-list/orders.ts'
import { AccountSpans } from '../stores/account-list/spans.ts'
import type { Migration } from './types.ts'

/**
 * Blocks of the account list are counted together as spans, and on SQLite the index of parts of names has tokens of four
 * characters. An older release would keep neither true.
 *
 * Takes some seconds for a million accounts.
 */
export const accountSearch: Migration = {
  compatibleSince: 22,
  async up(db) {
    const spans = new AccountSpans(db)
    for (const list of ACCOUNT_LISTS) await spans.rebuild(list)
    if (db.dialect !== 'sqlite') return
    await db.run('DROP TABLE users_search')
    // Left empty: `0032-parts-of-names.ts` puts another one in its place.
    await db.run(
      `CREATE VIRTUAL TABLE users_search USING fts5 (tokens, content='', columnsize=0, tokenize='ascii')`,
    )
  },
}
