import type { JsonObject } from '@ranvier/protocol/json'
import { badJson, missingParam } from '../errors.ts'

/** Texts without which nobody can show the event. Spec: CS API §m.room.message, m.room.name, m.room.topic */
const TEXTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['m.room.message', ['msgtype', 'body']],
  ['m.room.name', ['name']],
  ['m.room.topic', ['topic']],
])

/**
 * Throws 400 `M_MISSING_PARAM` or `M_BAD_JSON` for a new event without what it is there to show. For what people send: events
 * that are there already, and are sent again when a room is upgraded, may be anything.
 */
export function checkContent(type: string, content: JsonObject): void {
  for (const name of TEXTS.get(type) ?? []) {
    if (!Object.hasOwn(content, name)) throw missingParam(`'${name}' not in content`)
    if (typeof content[name] !== 'string') throw badJson(`'${name}' not a string type`)
  }
}
