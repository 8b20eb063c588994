import assert from 'node:assert/strict'
import type { Pdu, RoomEvent, StateLookup } from '../event/types.ts'
import type { EventId, RoomId, UserId } from '../ids/brands.ts'
import type { JsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { findRoomVersion } from '../room-version/versions.ts'
import { checkAuth } from './check.ts'
import type { AuthOptions } from './options.ts'
import type { AuthRejection, AuthVerdict } from './verdict.ts'

export const ALICE = '@alice:one.test' // creator of every test room
export const BOB = '@bob:one.test'
export const CAROL = '@carol:two.test'

/** What a test says of an event; the rest is filled in. */
export interface EventDraft {
  type: string
  sender: string
  stateKey?: string
  content?: JsonObject
  prevEvents?: string[]
  roomId?: string
  redacts?: string
  eventId?: string
  pduRoomId?: string | undefined
}

/** A room in one state, for tests of the authorisation rules. Events in it are put there, not authorised. */
export class TestRoom {
  readonly rules: RoomVersionRules
  readonly roomId: string
  private readonly state = new Map<string, RoomEvent>()
  private serial = 0

  constructor(version: string, createContent: JsonObject = {}) {
    const rules = findRoomVersion(version)
    assert(rules !== undefined, `room version ${version}`)
    this.rules = rules
    this.roomId = rules.hashRoomIds ? `!${'c'.repeat(43)}` : '!room:one.test'
    const creator: JsonObject = rules.creatorInContent ? { creator: ALICE } : {}
    this.put({
      type: 'm.room.create',
      sender: ALICE,
      stateKey: '',
      content: { room_version: version, ...creator, ...createContent },
      eventId: rules.hashRoomIds ? `$${'c'.repeat(43)}` : '$create:one.test',
    })
    this.member(ALICE, 'join')
  }

  readonly lookup: StateLookup = (type, stateKey) => this.state.get(`${type}\0${stateKey}`)

  build(draft: EventDraft): RoomEvent {
    const roomId = (draft.roomId ?? this.roomId) as RoomId
    const sender = draft.sender as UserId
    const content = draft.content ?? {}
    const pdu: Pdu = {
      type: draft.type,
      sender,
      content,
      origin_server_ts: 1,
      depth: 5,
      prev_events: [],
      auth_events: [],
    }
    if (!(this.rules.hashRoomIds && draft.type === 'm.room.create')) pdu.room_id = roomId
    if ('pduRoomId' in draft) pdu.room_id = draft.pduRoomId as RoomId
    if (draft.redacts !== undefined) pdu.redacts = draft.redacts as EventId
    return {
      eventId: (draft.eventId ?? `$${++this.serial}:one.test`) as EventId,
      roomId,
      type: draft.type,
      sender,
      stateKey: draft.stateKey,
      content,
      originServerTs: 1,
      depth: 5,
      prevEvents: (draft.prevEvents ?? (draft.type === 'm.room.create' ? [] : ['$before'])) as EventId[],
      authEvents: [],
      pdu,
    }
  }

  put(draft: EventDraft & { stateKey: string }): RoomEvent {
    const event = this.build(draft)
    this.state.set(`${draft.type}\0${draft.stateKey}`, event)
    return event
  }

  member(userId: string, membership: string, content: JsonObject = {}): this {
    this.put({
      type: 'm.room.member',
      sender: userId,
      stateKey: userId,
      content: { membership, ...content },
    })
    return this
  }

  joinRule(rule: string): this {
    this.put({ type: 'm.room.join_rules', sender: ALICE, stateKey: '', content: { join_rule: rule } })
    return this
  }

  powerLevels(content: JsonObject): this {
    this.put({ type: 'm.room.power_levels', sender: ALICE, stateKey: '', content })
    return this
  }

  without(type: string, stateKey = ''): this {
    this.state.delete(`${type}\0${stateKey}`)
    return this
  }

  check(draft: EventDraft, options?: AuthOptions): AuthVerdict {
    return checkAuth(this.build(draft), this.rules, this.lookup, options)
  }

  allows(draft: EventDraft, options?: AuthOptions): void {
    const verdict = this.check(draft, options)
    assert.equal(verdict.allowed, true, verdict.allowed ? '' : `refused in ${this.label}: ${verdict.text}`)
  }

  refuses(draft: EventDraft, reason: AuthRejection, options?: AuthOptions): void {
    const verdict = this.check(draft, options)
    assert.equal(verdict.allowed ? 'allowed' : verdict.reason, reason, this.label)
  }

  private get label(): string {
    return `room version ${this.rules.version}`
  }
}

/** The membership event that `sender` sends for `target` (themselves unless named). */
export function memberDraft(
  sender: string,
  membership: string,
  target = sender,
  content: JsonObject = {},
): EventDraft {
  return { type: 'm.room.member', sender, stateKey: target, content: { membership, ...content } }
}

const NUMBERS = Array.from({ length: 12 }, (_, i) => i + 1)

/** The room versions from `first` to `last`, both included. */
export function versions(first: number, last = 12): string[] {
  return NUMBERS.filter((number) => number >= first && number <= last).map(String)
}
