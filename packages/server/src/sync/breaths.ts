import { setImmediate as nextTurn } from 'node:timers/promises'

const ROOMS_BETWEEN_BREATHS = 10

/**
 * Rooms one after another, with turns of the event loop between them: on SQLite no read waits, and one client with many
 * rooms, or with many invites, would hold up everybody.
 */
export async function* withBreaths<T>(rooms: Iterable<T>): AsyncGenerator<T, void> {
  let sinceBreath = 0
  for (const room of rooms) {
    if (sinceBreath++ === ROOMS_BETWEEN_BREATHS) {
      await nextTurn()
      sinceBreath = 1
    }
    yield room
  }
}
