import type { Migration } from './types.ts'

/**
 * Deleting from SQLite's index of words no longer makes it write large parts of itself anew, in the middle of whatever
 * comes next: up to 350 ms in which nobody is served. `EventSearchWriter.tidy` does that in small pieces. Safe while the
 * previous release runs: what is deleted is not found either way.
 */
export const quietSearchIndex: Migration = {
  compatibleSince: 1,
  async up(db) {
    if (db.dialect === 'sqlite')
      await db.run(`INSERT INTO event_search (event_search, rank) VALUES ('deletemerge', 0)`)
  },
}
