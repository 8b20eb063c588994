import type { EventId } from '../ids/brands.ts'

/** State as event ids, by {@link stateMapKey}. */
export type StateMap = ReadonlyMap<string, EventId>

/**
 * The key of a state entry. Valid user ids and the types the rules know hold no NUL, so no made-up pair can take the
 * key of an entry that matters.
 */
export function stateMapKey(type: string, stateKey: string): string {
  return `${type}\0${stateKey}`
}

/** The type and the state key a {@link stateMapKey} was made of. */
export function splitStateMapKey(key: string): [type: string, stateKey: string] {
  const border = key.indexOf('\0')
  return [key.slice(0, border), key.slice(border + 1)]
}
