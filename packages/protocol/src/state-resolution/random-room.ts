import fc from 'fast-check'
import { checkAuth } from '../auth/check.ts'
import { powerLevelsIn } from '../auth/power-levels.ts'
import { authEventKeys } from '../auth/selection.ts'
import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { EventId, RoomId, UserId } from '../ids/brands.ts'
import type { JsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { EventLoader } from './event-loader.ts'
import { resolveState } from './resolve.ts'
import type { StateMap } from './state-map.ts'
import { stateMapKey } from './state-map.ts'

const USERS = ['@alice:a.test', '@bob:b.test', '@carol:c.test', '@dave:d.test'] as UserId[]
const ROOM = '!0' as RoomId
const ACTIONS = ['topic', 'join', 'leave', 'kick', 'ban', 'invite', 'power', 'join-rule'] as const
const RULES = ['public', 'invite', 'knock', 'restricted']

/** One attempt to send: who, what, to whom, after which events. All numbers are taken modulo what there is. */
export interface Step {
  action: (typeof ACTIONS)[number]
  actor: number
  target: number
  parents: number[]
  value: number
  ts: number
}

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    action: fc.constantFrom(...ACTIONS),
    actor: fc.nat(3),
    target: fc.nat(3),
    // Near the end of the list mostly, so that forks stay open for a while.
    parents: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
    value: fc.nat(100),
    ts: fc.nat(20),
  }),
  { minLength: 5, maxLength: 40 },
)

type Draft = { type: string; stateKey: string; content: JsonObject; sender: UserId }

/** A room grown by {@link Step}s: what the rules refuse is not sent. Forks are merged by state resolution itself. */
export class RandomRoom {
  readonly rules: RoomVersionRules
  readonly events = new Map<EventId, RoomEvent>()
  /** The state after each event, in the order they were sent. */
  readonly states: StateMap[] = []
  private readonly sent: EventId[] = []
  readonly loader: EventLoader = { get: (eventId) => this.events.get(eventId), isRejected: () => false }

  constructor(rules: RoomVersionRules, attempts: readonly Step[]) {
    this.rules = rules
    const [alice, bob, carol] = USERS as [UserId, UserId, UserId]
    const creator: JsonObject = rules.creatorInContent ? { creator: alice } : {}
    const levels: JsonObject = { [bob]: 100, [carol]: 50 }
    this.send([], { type: 'm.room.create', stateKey: '', content: creator, sender: alice }, 0)
    this.sendNext({
      type: 'm.room.member',
      stateKey: alice,
      content: { membership: 'join' },
      sender: alice,
    })
    if (!rules.creatorPower) levels[alice] = 100
    this.sendNext({ type: 'm.room.power_levels', stateKey: '', content: { users: levels }, sender: alice })
    this.sendNext({
      type: 'm.room.join_rules',
      stateKey: '',
      content: { join_rule: 'public' },
      sender: alice,
    })
    for (const userId of USERS.slice(1)) {
      this.sendNext({
        type: 'm.room.member',
        stateKey: userId,
        content: { membership: 'join' },
        sender: userId,
      })
    }
    for (const step of attempts) this.attempt(step)
  }

  private sendNext(draft: Draft): void {
    this.send([this.sent.length - 1], draft, 0)
  }

  private attempt(step: Step): void {
    const last = this.sent.length - 1
    const parents = [...new Set(step.parents.map((back) => Math.max(last - back, 6)))]
    const before = this.stateBefore(parents)
    this.send(parents, draftOf(step, this.lookupIn(before), this.rules), step.ts)
  }

  private stateBefore(parents: readonly number[]): StateMap {
    const sets = parents.map((index) => this.states[index]!)
    return resolveState(this.rules, sets, this.loader)
  }

  private lookupIn(state: StateMap): StateLookup {
    return (type, stateKey) => {
      const eventId = state.get(stateMapKey(type, stateKey))
      return eventId === undefined ? undefined : this.events.get(eventId)
    }
  }

  private send(parents: readonly number[], draft: Draft, ts: number): void {
    const before = this.stateBefore(parents)
    const authEvents = authEventKeys(draft, this.rules)
      .map(([type, stateKey]) => before.get(stateMapKey(type, stateKey)))
      .filter((eventId) => eventId !== undefined)
    const eventId = `$${this.sent.length}` as EventId
    const common = { type: draft.type, sender: draft.sender, content: draft.content }
    const prevEvents = parents.map((index) => this.sent[index]!)
    const depth = Math.max(0, ...prevEvents.map((id) => this.events.get(id)!.depth)) + 1
    const event: RoomEvent = {
      ...common,
      eventId,
      roomId: (this.rules.hashRoomIds ? ROOM : '!0:a.test') as RoomId,
      stateKey: draft.stateKey,
      originServerTs: ts,
      depth,
      prevEvents,
      authEvents,
      pdu: { ...common, origin_server_ts: ts, depth, prev_events: prevEvents, auth_events: authEvents },
    }
    if (!checkAuth(event, this.rules, this.lookupIn(before)).allowed) return
    this.events.set(eventId, event)
    this.sent.push(eventId)
    this.states.push(new Map(before).set(stateMapKey(draft.type, draft.stateKey), eventId))
  }
}

function draftOf(step: Step, state: StateLookup, rules: RoomVersionRules): Draft {
  const sender = USERS[step.actor]!
  const target = USERS[step.target]!
  const member = (userId: UserId, membership: string): Draft => ({
    type: 'm.room.member',
    stateKey: userId,
    content: { membership },
    sender,
  })
  switch (step.action) {
    case 'join':
    case 'leave':
      return member(sender, step.action)
    case 'kick':
      return member(target, 'leave')
    case 'ban':
    case 'invite':
      return member(target, step.action)
    case 'topic':
      return { type: 'm.room.topic', stateKey: '', content: { topic: `${step.value}` }, sender }
    case 'join-rule':
      return {
        type: 'm.room.join_rules',
        stateKey: '',
        content: { join_rule: RULES[step.value % RULES.length]! },
        sender,
      }
    case 'power': {
      const users: JsonObject = {}
      const levels = powerLevelsIn(state, rules)
      for (const userId of USERS) {
        const level = levels.userLevel(userId)
        if (Number.isFinite(level)) users[userId] = level
      }
      if (target in users) users[target] = step.value
      return { type: 'm.room.power_levels', stateKey: '', content: { users }, sender }
    }
  }
}
