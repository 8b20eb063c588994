import { setImmediate as nextTurn } from 'node:timers/promises'

const ROOMS_BETWEEN_BREATHS = 10

/**
 * Rooms one after another, with turns of the event loop between them: on SQLite no read waits, and one client with many
 * rooms, or with many invites, would hold up everybody. `between` two turns there are so many.
 */
export async function* withBreaths<T>(
  rooms: Iterable<T>,
  between = ROOMS_BETWEEN_BREATHS,
): AsyncGenerator<T, void> {
  let sinceBreath = 0
  for (const room of rooms) {
    if (sinceBreath++ === between) {
      await nextTurn()
      sinceBreath = 1
    }
    yield room
  }
}
