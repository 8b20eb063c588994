import { checkAuth } from '@ranvier/protocol/auth/check'
import { canRedact } from '@ranvier/protocol/auth/redaction'
import { membershipOf, parseMembership } from '@ranvier/protocol/auth/room-state'
import { authEventKeys } from '@ranvier/protocol/auth/selection'
import type { AuthVerdict } from '@ranvier/protocol/auth/verdict'
import { redactPdu } from '@ranvier/protocol/event/redact'
import { relationOf } from '@ranvier/protocol/event/relation'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import type { AuditChange, Membership, NewEvent, RoomCommit, RoomSummary } from '@ranvier/storage'
import { badJson, forbidden, invalidParam, type MatrixError } from '../errors.ts'
import { buildEvent, type EventDraft, type ServerIdentity, sameContent } from './build-event.ts'
import { namesIn } from './reads/member-names.ts'
import type { RoomEvents } from './room-events.ts'
import { type RoomHead, stateName } from './room-head.ts'
import { summaryOf } from './room-summary.ts'

/** What a draft of a room's next events is made with. */
export interface WriterParts {
  identity: ServerIdentity
  roomEvents: RoomEvents
  nowMs: () => number
  opaqueId: () => string
  /** Rooms our users leave are forgotten at once. Synapse: forget_rooms_on_leave */
  forgetOnLeave?: boolean
  /** The event that holds a state entry of the committed state. */
  loadEntry: (roomId: RoomId, type: string, stateKey: string) => Promise<RoomEvent | undefined>
}

export interface AppendOptions {
  /** The client's transaction, told back to the device that sent it. */
  txn?: { deviceId: string; txnId: string } | undefined
  /** What the event says of when it was sent; ms. Default: now. */
  originServerTs?: number | undefined
  /** Return the present event instead when a state event would change nothing. */
  unlessSame?: boolean
}

/**
 * Permission to add events to one room, held only inside `RoomWriters.write`. Events are added one behind another, each
 * judged on the state the one before left; nothing is seen by anybody until all of them commit.
 */
export class RoomWriter {
  readonly roomId: RoomId
  readonly rules: RoomVersionRules
  readonly #parts: WriterParts
  readonly #head: RoomHead
  /** Entries changed by this draft. */
  #changed = new Map<string, RoomEvent>()
  #events: NewEvent[] = []
  #txns: NonNullable<RoomCommit['txns']> = []
  #addAliases: NonNullable<RoomCommit['addAliases']> = []
  #sentDelayed: string[] = []
  #summary: RoomSummary = {}
  #extremities: RoomEvent[]
  #depth: number
  /** The snapshot of the event before counts once for the whole draft. */
  readonly #snapshot: number

  constructor(parts: WriterParts, head: RoomHead) {
    this.#parts = parts
    this.#head = head
    this.roomId = head.roomId
    this.rules = head.rules
    this.#extremities = head.extremities
    this.#depth = head.depth
    this.#snapshot = head.snapshot
  }

  get eventCount(): number {
    return this.#events.length
  }

  /** What the audit log says of the events after the first `count`: not what is in them. */
  changesSince(count: number): AuditChange[] {
    return this.#events.slice(count).map(({ event }) => ({
      kind: 'event',
      id: event.eventId,
      after: {
        room_id: event.roomId,
        type: event.type,
        ...(event.stateKey !== undefined && { state_key: event.stateKey }),
        sender: event.sender,
      },
    }))
  }

  /** The event that holds a state entry, after what this draft has added. */
  async state(type: string, stateKey: string): Promise<RoomEvent | undefined> {
    const name = stateName(type, stateKey)
    const changed = this.#changed.get(name)
    if (changed !== undefined) return changed
    const known = this.#head.state.get(name)
    if (known !== undefined) return known ?? undefined
    const loaded = await this.#parts.loadEntry(this.roomId, type, stateKey)
    this.#head.state.set(name, loaded ?? null)
    return loaded
  }

  async membership(userId: string): Promise<Membership | undefined> {
    return membershipOf(await this.state('m.room.member', userId))
  }

  /** Adds an event that must pass the room's rules: 403 `M_FORBIDDEN` otherwise. */
  async append(draft: EventDraft, options: AppendOptions = {}): Promise<RoomEvent> {
    const { sender, type, stateKey, content } = draft
    const keys = authEventKeys({ type, sender, stateKey, content }, this.rules)
    const authEvents: RoomEvent[] = []
    for (const [keyType, key] of keys) {
      const event = await this.state(keyType, key)
      if (event !== undefined) authEvents.push(event)
    }
    await this.state('m.room.create', '')
    if (options.unlessSame && stateKey !== undefined) {
      const present = await this.state(type, stateKey)
      if (present !== undefined && present.sender === sender && sameContent(present.content, content))
        return present
    }
    const built = buildEvent(
      draft,
      {
        rules: this.rules,
        roomId: type === 'm.room.create' && this.rules.hashRoomIds ? undefined : this.roomId,
        prevEvents: this.#extremities,
        authEvents,
        depth: Math.min(this.#depth + 1, Number.MAX_SAFE_INTEGER),
        originServerTs: options.originServerTs ?? this.#parts.nowMs(),
      },
      this.#parts.identity,
      this.#parts.opaqueId,
    )
    const verdict = checkAuth(built.event, this.rules, (t, k) => this.#lookUp(t, k))
    if (!verdict.allowed) throw refusal(verdict)
    await this.#add(built.event, built.pdu, draft, options)
    return built.event
  }

  /** What this draft has added so far. */
  drafted(): RoomEvent[] {
    return this.#events.map(({ event }) => event)
  }

  /** Adds the create event that gave the room its id. */
  async appendCreate(event: RoomEvent, pdu: string): Promise<void> {
    const verdict = checkAuth(event, this.rules, () => undefined)
    if (!verdict.allowed) throw forbidden(verdict.text)
    await this.#add(
      event,
      pdu,
      { type: event.type, stateKey: '', sender: event.sender, content: event.content },
      {},
    )
  }

  /** Remembers, with the events, what a transaction id was answered. */
  rememberTxn(txn: NonNullable<RoomCommit['txns']>[number]): void {
    this.#txns.push(txn)
  }

  /** The delayed event that was just added no longer waits, from the commit on. */
  sentDelayed(delayId: string): void {
    this.#sentDelayed.push(delayId)
  }

  /** Points an alias at the room, with the events. */
  addAlias(alias: string, creator: NonNullable<RoomCommit['addAliases']>[number]['creator']): void {
    this.#addAliases.push({ alias, creator, createdTs: this.#parts.nowMs() })
  }

  /** What to commit. */
  commit(create?: RoomCommit['create']): RoomCommit {
    const commit: RoomCommit = {
      roomId: this.roomId,
      events: this.#events,
      extremities: this.#extremities.map((event) => event.eventId),
      depth: this.#depth,
      snapshot: this.#snapshot,
      summary: this.#summary,
      txns: this.#txns,
      sentDelayed: this.#sentDelayed,
      addAliases: this.#addAliases,
    }
    if (create !== undefined) commit.create = create
    return commit
  }

  /** The head after a commit of this draft. */
  applyTo(head: RoomHead, snapshot: number): void {
    head.extremities = this.#extremities
    head.depth = this.#depth
    head.snapshot = snapshot
    for (const [name, event] of this.#changed) head.state.set(name, event)
    for (const { redacts } of this.#events) {
      if (redacts === undefined) continue
      for (const [name, event] of head.state) if (event?.eventId === redacts) head.state.delete(name)
    }
  }

  /** Runs `work`; if it throws, what it added is taken back. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    const before = {
      changed: new Map(this.#changed),
      events: this.#events.length,
      txns: this.#txns.length,
      aliases: this.#addAliases.length,
      summary: { ...this.#summary },
      extremities: this.#extremities,
      depth: this.#depth,
    }
    try {
      return await work()
    } catch (error) {
      this.#changed = before.changed
      this.#events.length = before.events
      this.#txns.length = before.txns
      this.#addAliases.length = before.aliases
      this.#summary = before.summary
      this.#extremities = before.extremities
      this.#depth = before.depth
      throw error
    }
  }

  #lookUp(type: string, stateKey: string): RoomEvent | undefined {
    const name = stateName(type, stateKey)
    return this.#changed.get(name) ?? this.#head.state.get(name) ?? undefined
  }

  async #add(event: RoomEvent, pdu: string, draft: EventDraft, options: AppendOptions): Promise<void> {
    const item: NewEvent = { event, pdu, receivedTs: this.#parts.nowMs() }
    if (options.txn !== undefined) item.txn = options.txn
    const relation = relationOf(event)
    if (relation !== undefined) item.relation = { eventId: relation.eventId, relType: relation.relType }
    if (event.type === 'm.room.member' && event.stateKey !== undefined)
      item.member = await this.#memberChange(event, event.stateKey)
    if (draft.redacts !== undefined) await this.#applyRedaction(item, draft.redacts)
    if (event.stateKey !== undefined) {
      this.#changed.set(stateName(event.type, event.stateKey), event)
      Object.assign(this.#summary, summaryOf(event))
    }
    this.#events.push(item)
    this.#extremities = [event]
    this.#depth = event.depth
  }

  async #memberChange(event: RoomEvent, stateKey: string): Promise<NonNullable<NewEvent['member']>> {
    const to = parseMembership(event.content['membership'])
    if (to === undefined)
      throw invalidParam(`unknown membership ${JSON.stringify(event.content['membership'])}`)
    const ours = serverNameOf(stateKey) === this.#parts.identity.serverName
    return {
      userId: stateKey as NonNullable<NewEvent['member']>['userId'],
      from: await this.membership(stateKey),
      to,
      ...namesIn(event.content),
      forgotten: this.#parts.forgetOnLeave === true && ours && (to === 'leave' || to === 'ban'),
    }
  }

  /** Spec: Rooms v3 §Handling redactions. A redaction that does not take effect stays in the room all the same. */
  async #applyRedaction(item: NewEvent, redacts: NonNullable<NewEvent['redacts']>): Promise<void> {
    const target = await this.#parts.roomEvents.find(redacts)
    if (target === undefined || target.event.roomId !== this.roomId) return
    const lookUp = (type: string, stateKey: string) => this.#lookUp(type, stateKey)
    if (!canRedact(item.event, target.event, this.rules, lookUp)) return
    item.redacts = redacts
    const { type, stateKey } = target.event
    if (stateKey === undefined || (await this.state(type, stateKey))?.eventId !== redacts) return
    const pruned = roomEvent(redactPdu(target.event.pdu, this.rules), this.rules, target.event)
    this.#changed.set(stateName(type, stateKey), pruned)
    Object.assign(this.#summary, summaryOf(pruned))
  }
}

/** What nobody may do, whatever their power, is wrong content, as Synapse says too. */
function refusal({ reason, text }: Extract<AuthVerdict, { allowed: false }>): MatrixError {
  if (reason === 'bad-power-levels') return badJson(text)
  return reason === 'creator-in-power-levels' ? invalidParam(text) : forbidden(text)
}
