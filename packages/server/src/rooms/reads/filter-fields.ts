import type { JsonObject } from '@ranvier/protocol/json'
import { badJson } from '../../errors.ts'
import { TypePatterns } from './type-patterns.ts'

/** Which events somebody wants. Absent lists allow everything; the `not` lists win. Spec: CS API §Filtering, EventFilter. */
export interface EventFilterFields {
  readonly limit: number | undefined
  readonly types: TypePatterns | undefined
  readonly notTypes: TypePatterns | undefined
  readonly senders: ReadonlySet<string> | undefined
  readonly notSenders: ReadonlySet<string>
}

/** Which rooms. `undefined`: all. */
export interface RoomFields {
  readonly rooms: ReadonlySet<string> | undefined
  readonly notRooms: ReadonlySet<string>
}

/** Spec: CS API §Filtering, RoomEventFilter. */
export interface RoomEventFilterFields extends EventFilterFields, RoomFields {
  readonly containsUrl: boolean | undefined
  /** By how an event relates to another itself. MSC3874 */
  readonly relTypes: ReadonlySet<string> | undefined
  readonly notRelTypes: ReadonlySet<string> | undefined
  /** Only events to which others relate that are of these types, or from these senders. */
  readonly relatedBy: { relTypes: string[] | undefined; senders: string[] | undefined } | undefined
  readonly lazyLoadMembers: boolean
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Reads the members of a filter as clients write it: those it does not know are ignored, one of the wrong type is
 * 400 `M_BAD_JSON`.
 */
export class FilterFields {
  readonly #definition: JsonObject
  readonly #nullIsAbsent: boolean
  readonly #where: string

  /** `where` goes before what an error says. */
  constructor(definition: JsonObject, { nullIsAbsent = false, where = '' } = {}) {
    this.#definition = definition
    this.#nullIsAbsent = nullIsAbsent
    this.#where = where
  }

  eventFilter(): EventFilterFields {
    return {
      limit: this.#limit(),
      types: this.#patterns('types'),
      notTypes: this.#patterns('not_types'),
      senders: this.#ids('senders', '@'),
      notSenders: this.#ids('not_senders', '@') ?? NONE,
    }
  }

  roomEventFilter(): RoomEventFilterFields {
    const relatedBy = {
      relTypes: this.strings('related_by_rel_types'),
      senders: this.strings('related_by_senders'),
    }
    return {
      ...this.eventFilter(),
      ...this.roomFilter(),
      containsUrl: this.flag('contains_url'),
      relTypes: setOf(this.strings('rel_types') ?? this.strings('org.matrix.msc3874.rel_types')),
      notRelTypes: setOf(this.strings('not_rel_types') ?? this.strings('org.matrix.msc3874.not_rel_types')),
      relatedBy: relatedBy.relTypes === undefined && relatedBy.senders === undefined ? undefined : relatedBy,
      lazyLoadMembers: this.flag('lazy_load_members') ?? false,
    }
  }

  roomFilter(): RoomFields {
    return { rooms: this.#ids('rooms', '!'), notRooms: this.#ids('not_rooms', '!') ?? NONE }
  }

  strings(key: string): string[] | undefined {
    const value = this.#member(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
      throw this.#bad(key, 'must be a list of strings')
    return value
  }

  flag(key: string): boolean | undefined {
    const value = this.#member(key)
    if (value !== undefined && typeof value !== 'boolean') throw this.#bad(key, 'must be true or false')
    return value
  }

  #limit(): number | undefined {
    const value = this.#member('limit')
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw this.#bad('limit', 'must be an integer, zero or positive')
    return value
  }

  #patterns(key: string): TypePatterns | undefined {
    const types = this.strings(key)
    return types && new TypePatterns(types)
  }

  #ids(key: string, sigil: string): ReadonlySet<string> | undefined {
    const list = this.strings(key)
    const wrong = list?.find((id) => !id.startsWith(sigil))
    if (wrong !== undefined)
      throw this.#bad(key, `holds '${wrong.slice(0, 100)}', which is no id beginning with ${sigil}`)
    return setOf(list)
  }

  #member(key: string): JsonObject[string] | undefined {
    const value = this.#definition[key]
    return value === null && this.#nullIsAbsent ? undefined : value
  }

  #bad(key: string, what: string): Error {
    return badJson(`${this.#where}'${key}' ${what}`)
  }
}

const setOf = (list: readonly string[] | undefined) => list && new Set(list)
