import type { Migration } from './types.ts'

/**
 * Rooms have as many state events as their state has entries, as in Synapse; until now every change of an entry was counted.
 * Safe while the previous release runs: what changes there is counted as before.
 */
export const stateCounts: Migration = {
  compatibleSince: 1,
  async up(db) {
    const entries = '(SELECT COUNT(*) FROM current_state WHERE current_state.room_id = rooms.room_id)'
    await db.run(`UPDATE rooms SET state_event_count = ${entries} WHERE state_event_count <> ${entries}`)
  },
}
