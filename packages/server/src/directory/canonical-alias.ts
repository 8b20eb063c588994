import type { RoomId } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import type { JsonObject } from '@ranvier/protocol/json'
import { badAlias, invalidParam } from '../errors.ts'
import type { FindAlias } from './resolve-alias.ts'

export type CheckCanonicalAlias = (
  roomId: RoomId,
  before: JsonObject | undefined,
  after: JsonObject,
) => Promise<void>

/**
 * Checks the content of an `m.room.canonical_alias` somebody wants to send: each alias that is new in it must be one
 * (400 `M_INVALID_PARAM`) and point to this room (400 `M_BAD_ALIAS`). Aliases that stood there before may stay, whatever
 * has become of them. Spec: CS API §m.room.canonical_alias.
 */
export function checkCanonicalAlias(deps: { findAlias: FindAlias }): CheckCanonicalAlias {
  return async (roomId, before, after) => {
    const known = new Set(before === undefined ? [] : aliasesIn(before, () => []))
    const wanted = aliasesIn(after, (message) => {
      throw invalidParam(message)
    })
    for (const alias of wanted) {
      if (known.has(alias)) continue
      if (!isRoomAlias(alias)) throw invalidParam(`'${alias.slice(0, 100)}' is not a room alias`)
      const found = await deps.findAlias(alias)
      if (found?.roomId !== roomId) throw badAlias(`Room alias ${alias} does not point to the room`)
    }
  }
}

/** The aliases a canonical alias event names; `onWrongType` is called for members that hold something else. */
function aliasesIn(content: JsonObject, onWrongType: (message: string) => string[]): string[] {
  const { alias, alt_aliases } = content
  const main =
    alias === undefined || alias === null
      ? []
      : typeof alias === 'string'
        ? [alias]
        : onWrongType("'alias' must be a string")
  const alternatives =
    alt_aliases === undefined
      ? []
      : Array.isArray(alt_aliases) && alt_aliases.every((each) => typeof each === 'string')
        ? alt_aliases
        : onWrongType("'alt_aliases' must be a list of strings")
  return [...main, ...alternatives]
}

/** The content with `alias` taken out of it; `undefined` if it is not in it. */
export function withoutAlias(content: JsonObject, alias: string): JsonObject | undefined {
  const alternatives = Array.isArray(content['alt_aliases']) ? content['alt_aliases'] : []
  if (content['alias'] !== alias && !alternatives.includes(alias)) return undefined
  const rest: JsonObject = { ...content }
  if (rest['alias'] === alias) delete rest['alias']
  const left = alternatives.filter((each) => each !== alias)
  if (left.length > 0) rest['alt_aliases'] = left
  else delete rest['alt_aliases']
  return rest
}
