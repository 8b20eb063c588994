import assert from 'node:assert/strict'
import { test } from 'node:test'
import { powerLevelsIn } from '../auth/power-levels.ts'
import type { EventDraft } from '../auth/test-room.ts'
import { ALICE, BOB, CAROL, TestRoom } from '../auth/test-room.ts'
import type { UserId } from '../ids/brands.ts'
import type { JsonObject } from '../json.ts'
import type { PushContext } from './conditions.ts'
import { defaultRuleset } from './default-rules.ts'
import { evaluatePushRules } from './evaluate.ts'
import { mergeRuleset } from './ruleset.ts'
import type { PushCondition, Ruleset, UserPushRule } from './types.ts'

const room = new TestRoom('11').powerLevels({ users: { [ALICE]: 100 } })
const DEFAULTS = defaultRuleset(BOB as UserId)

const contextOf = (more: Partial<PushContext> = {}): PushContext => ({
  userId: BOB,
  displayName: 'Bobby Tables',
  joinedMembers: 5,
  powerLevels: powerLevelsIn(room.lookup, room.rules),
  ...more,
})

function outcomeOf(draft: Partial<EventDraft>, ruleset: Ruleset = DEFAULTS, more: Partial<PushContext> = {}) {
  const event = room.build({ type: 'm.room.message', sender: CAROL, ...draft })
  return evaluatePushRules(ruleset, event, contextOf(more))
}

const said = (body: string, content: JsonObject = {}) => ({
  content: { msgtype: 'm.text', body, ...content },
})

function withRules(
  rules: { [kind: string]: Partial<UserPushRule>[] },
  defaults: Ruleset = DEFAULTS,
): Ruleset {
  const full = Object.entries(rules).map(([kind, list]) => [
    kind,
    list.map((rule) => ({ rule_id: 'mine', enabled: true, actions: ['notify'], ...rule })),
  ])
  return mergeRuleset(defaults, { rules: Object.fromEntries(full), defaults: new Map() })
}

const NO_RULES: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] }

/** Whether a single condition holds. */
function holds(
  condition: PushCondition,
  draft: Partial<EventDraft>,
  more: Partial<PushContext> = {},
): boolean {
  const rules = withRules({ override: [{ conditions: [condition] }] }, NO_RULES)
  return outcomeOf(draft, rules, more) !== undefined
}

test('each default rule decides the events it is for', () => {
  const mentions = (value: JsonObject) => said('psst', { 'm.mentions': value })
  const cases: [Partial<EventDraft>, string | undefined, string][] = [
    [said('hello'), '.m.rule.message', 'notify'],
    [{ type: 'm.room.encrypted' }, '.m.rule.encrypted', 'notify'],
    [{ type: 'org.matrix.msc3381.poll.start' }, '.org.matrix.msc3930.rule.poll_start', 'notify'],
    [{ type: 'org.matrix.msc3381.poll.end' }, '.org.matrix.msc3930.rule.poll_end', 'notify'],
    [{ type: 'org.matrix.msc3381.poll.response' }, '.org.matrix.msc3930.rule.poll_response', ''],
    [said('beep', { msgtype: 'm.notice' }), '.m.rule.suppress_notices', ''],
    [
      { type: 'm.room.member', stateKey: BOB, content: { membership: 'invite' } },
      '.m.rule.invite_for_me',
      'notify sound:default',
    ],
    [
      { type: 'm.room.member', stateKey: CAROL, content: { membership: 'invite' } },
      '.m.rule.member_event',
      '',
    ],
    [{ type: 'm.room.member', stateKey: BOB, content: { membership: 'ban' } }, '.m.rule.member_event', ''],
    [mentions({ user_ids: [ALICE, BOB] }), '.m.rule.is_user_mention', 'notify highlight sound:default'],
    [mentions({ user_ids: [ALICE] }), '.m.rule.message', 'notify'],
    [{ ...mentions({ room: true }), sender: ALICE }, '.m.rule.is_room_mention', 'notify highlight'],
    [mentions({ room: true }), '.m.rule.message', 'notify'],
    [{ ...mentions({ room: 'true' }), sender: ALICE }, '.m.rule.message', 'notify'],
    [{ type: 'm.room.tombstone', stateKey: '' }, '.m.rule.tombstone', 'notify highlight'],
    [{ type: 'm.room.tombstone' }, undefined, ''],
    [{ type: 'm.reaction' }, '.m.rule.reaction', ''],
    [{ type: 'm.room.server_acl', stateKey: '' }, '.m.rule.room.server_acl', ''],
    [said('* new', { 'm.relates_to': { rel_type: 'm.replace' } }), '.m.rule.suppress_edits', ''],
    [{ type: 'm.call.invite' }, '.m.rule.call', 'notify sound:ring'],
    [{ type: 'm.room.topic', stateKey: '', content: { topic: 't' } }, undefined, ''],
    [said('hey bobby tables!'), '.m.rule.contains_display_name', 'notify highlight sound:default'],
    [said('hey bob!'), '.m.rule.contains_user_name', 'notify highlight sound:default'],
    [{ ...said('@room come'), sender: ALICE }, '.m.rule.roomnotif', 'notify highlight'],
    [said('@room come'), '.m.rule.message', 'notify'],
  ]
  for (const [draft, ruleId, effect] of cases) {
    const outcome = outcomeOf(draft)
    const words = [
      outcome?.notify && 'notify',
      outcome?.highlight && 'highlight',
      outcome?.sound && `sound:${outcome.sound}`,
    ]
    assert.equal(outcome?.ruleId, ruleId)
    assert.equal(words.filter(Boolean).join(' '), effect, ruleId)
  }
})

test('in a room of two, messages make a sound', () => {
  const two = { joinedMembers: 2 }

  assert.equal(outcomeOf(said('hello'), DEFAULTS, two)?.ruleId, '.m.rule.room_one_to_one')
  assert.equal(outcomeOf(said('hello'), DEFAULTS, two)?.sound, 'default')
  assert.equal(
    outcomeOf({ type: 'm.room.encrypted' }, DEFAULTS, two)?.ruleId,
    '.m.rule.encrypted_room_one_to_one',
  )
})

test('who says whom they mention mentions nobody by the text', () => {
  for (const body of ['bob', 'Bobby Tables', '@room']) {
    const draft = { ...said(body, { 'm.mentions': {} }), sender: ALICE }
    assert.equal(outcomeOf(draft)?.ruleId, '.m.rule.message')
  }
})

test('without the legacy rules only m.mentions counts', () => {
  const modern = defaultRuleset(BOB as UserId, { legacyMentions: false })

  for (const body of ['bob', 'Bobby Tables', '@room']) {
    assert.equal(outcomeOf({ ...said(body), sender: ALICE }, modern)?.ruleId, '.m.rule.message')
  }
  assert.deepEqual(modern.content, [])
})

test('nobody is notified of what they do themselves', () => {
  assert.equal(outcomeOf({ ...said('bob'), sender: BOB }), undefined)
})

test('the kinds are asked in order, and in each the rules of the user first', () => {
  const rules = withRules({
    override: [{ rule_id: 'o', conditions: [{ kind: 'event_match', key: 'content.body', pattern: 'over' }] }],
    content: [{ rule_id: 'c', pattern: 'cake' }],
    room: [{ rule_id: room.roomId }],
    sender: [{ rule_id: CAROL }],
    underride: [{ rule_id: 'u', conditions: [] }],
  })
  const decided = (body: string, more: Partial<EventDraft> = {}) => {
    const outcome = outcomeOf({ ...said(body), ...more }, rules)
    return outcome && `${outcome.kind} ${outcome.ruleId}`
  }

  assert.equal(decided('over cake'), 'override o')
  assert.equal(decided('cake bob'), 'content c')
  assert.equal(decided('bob'), 'content .m.rule.contains_user_name')
  assert.equal(decided('hello'), `room ${room.roomId}`)
  assert.equal(decided('hello', { roomId: '!other:one.test' }), `sender ${CAROL}`)
  assert.equal(decided('hello', { roomId: '!other:one.test', sender: ALICE }), 'underride u')
  assert.equal(decided('over', { content: { msgtype: 'm.notice', body: 'over' } }), 'override o')
})

test('the master rule, once on, silences even the rules of the user', () => {
  const rules = mergeRuleset(DEFAULTS, {
    rules: { override: [{ rule_id: 'loud', enabled: true, actions: ['notify'], conditions: [] }] },
    defaults: new Map([['.m.rule.master', { enabled: true }]]),
  })
  const outcome = outcomeOf(said('bob'), rules)

  assert.deepEqual([outcome?.ruleId, outcome?.notify], ['.m.rule.master', false])
})

test('a disabled rule and one with an unknown condition match nothing', () => {
  const rules = withRules({
    override: [
      { rule_id: 'off', enabled: false, conditions: [] },
      { rule_id: 'odd', conditions: [{ kind: 'org.test.moon_phase' }] },
      { rule_id: 'half', conditions: [{ kind: 'room_member_count', is: '>0' }, { kind: 'x' }] },
    ],
  })

  assert.equal(outcomeOf(said('hello'), rules)?.ruleId, '.m.rule.message')
})

test('a highlight counts as true without a value, and only with a notification', () => {
  const highlight = (actions: UserPushRule['actions']) =>
    outcomeOf(said('x'), withRules({ override: [{ conditions: [], actions }] }))?.highlight

  assert.equal(highlight(['notify', { set_tweak: 'highlight' }]), true)
  assert.equal(highlight(['notify', { set_tweak: 'highlight', value: true }]), true)
  assert.equal(highlight(['notify', { set_tweak: 'highlight', value: false }]), false)
  assert.equal(highlight([{ set_tweak: 'highlight' }]), false)
  assert.equal(highlight(['notify']), false)
})

test('words of older specifications do nothing', () => {
  const rules = withRules({ override: [{ conditions: [], actions: ['dont_notify', 'coalesce'] }] })

  assert.deepEqual(outcomeOf(said('x'), rules)?.actions, [])
  assert.equal(outcomeOf(said('x'), rules)?.notify, false)
})

test('event_match wants text, and the whole of it except in the body', () => {
  const match = (key: string, pattern: string) => ({ kind: 'event_match', key, pattern })

  assert.equal(holds(match('type', 'M.ROOM.*'), {}), true)
  assert.equal(holds(match('content.topic', 'lunc?*'), { content: { topic: 'Lunch plans' } }), true)
  assert.equal(holds(match('content.topic', 'lunch'), { content: { topic: 'a lunch' } }), false)
  assert.equal(holds(match('content.body', 'lunch'), { content: { body: 'a lunch' } }), true)
  assert.equal(holds(match('content.topic', '*'), { content: {} }), false)
  assert.equal(holds(match('content.n', '1'), { content: { n: 1 } }), false)
  assert.equal(holds(match('content.n', '*'), { content: { n: null } }), false)
  assert.equal(holds(match('state_key', ''), {}), false)
  assert.equal(holds(match('state_key', ''), { stateKey: '' }), true)
  assert.equal(holds(match('room_id', room.roomId), {}), true)
  assert.equal(holds(match('sender', CAROL), {}), true)
  assert.equal(holds(match('content.toString', '*'), {}), false)
  assert.equal(holds({ kind: 'event_match', key: 'type' }, {}), false)
})

test('paths are split at dots that are not escaped', () => {
  const is = (key: string, content: JsonObject) =>
    holds({ kind: 'event_property_is', key, value: 1 }, { content })

  assert.equal(is('content.a.b', { a: { b: 1 } }), true)
  assert.equal(is('content.a\\.b', { 'a.b': 1 }), true)
  assert.equal(is('content.a\\.b', { a: { b: 1 } }), false)
  assert.equal(is('content.a\\\\.b', { 'a\\': { b: 1 } }), true)
  assert.equal(is('content.a\\b', { 'a\\b': 1 }), true)
  assert.equal(is('content.', { '': 1 }), true)
  assert.equal(is('content.a.0', { a: [1] }), false)
  assert.equal(is('content.a.length', { a: [1] }), false)
})

test('event_property_is and event_property_contains cast nothing', () => {
  const is = (value: UserPushRule['actions'] | unknown, actual: unknown) =>
    holds(
      { kind: 'event_property_is', key: 'content.v', value: value as string },
      { content: { v: actual as string } },
    )
  const contains = (value: unknown, actual: unknown) =>
    holds(
      { kind: 'event_property_contains', key: 'content.v', value: value as string },
      { content: { v: actual as string } },
    )

  for (const value of ['x', '', 0, 7, true, false, null]) {
    assert.equal(is(value, value), true)
    assert.equal(contains(value, ['other', value]), true)
    assert.equal(contains(value, value), false)
  }
  assert.deepEqual(
    [is('true', true), is(1, true), is(1, '1'), is(null, undefined)],
    [false, false, false, false],
  )
  assert.deepEqual([is(1.5, 1.5), is([], []), is({}, {})], [false, false, false])
  assert.deepEqual([contains('a', ['ab']), contains(1, ['1']), contains([], [[]])], [false, false, false])
})

test('room_member_count compares as its prefix says', () => {
  const count = (is: string, joinedMembers: number) =>
    holds({ kind: 'room_member_count', is }, {}, { joinedMembers })

  assert.deepEqual(
    [count('2', 2), count('2', 3), count('==2', 2), count('==2', 1)],
    [true, false, true, false],
  )
  assert.deepEqual(
    [count('<2', 1), count('<2', 2), count('<=2', 2), count('<=2', 3)],
    [true, false, true, false],
  )
  assert.deepEqual(
    [count('>2', 3), count('>2', 2), count('>=2', 2), count('>=2', 1)],
    [true, false, true, false],
  )
  assert.deepEqual(
    [count('', 0), count('=2', 2), count('2.0', 2), count('two', 2)],
    [false, false, false, false],
  )
})

test('sender_notification_permission reads the power levels of the room', () => {
  const levels = (content: JsonObject) =>
    powerLevelsIn(new TestRoom('11').powerLevels(content).lookup, room.rules)
  const may = (key: string, content: JsonObject) =>
    holds(
      { kind: 'sender_notification_permission', key },
      { sender: CAROL },
      { powerLevels: levels(content) },
    )

  assert.equal(may('room', { users: { [CAROL]: 49 } }), false)
  assert.equal(may('room', { users: { [CAROL]: 50 } }), true)
  assert.equal(may('room', { users: { [CAROL]: 1 }, notifications: { room: 1 } }), true)
  assert.equal(may('toString', { users: { [CAROL]: 49 } }), false)
})

test('a display name is looked for as a word, and an empty one nowhere', () => {
  const named = (displayName: string | undefined, body: string) =>
    holds({ kind: 'contains_display_name' }, said(body), { displayName })

  assert.equal(named('Al', 'hi AL!'), true)
  assert.equal(named('Al', 'also'), false)
  assert.equal(named('*', 'anything'), false)
  assert.equal(named('', ''), false)
  assert.equal(named(undefined, 'undefined'), false)
})
