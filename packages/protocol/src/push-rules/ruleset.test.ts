import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../ids/brands.ts'
import { defaultRuleset } from './default-rules.ts'
import { findPushRule, mergeRuleset, placePushRule } from './ruleset.ts'
import type { UserPushRule } from './types.ts'
import { checkPushRuleId, parsePushActions, parsePushRule } from './validate.ts'

const BOB = '@bob:one.test' as UserId
const mine = (rule_id: string, enabled = true): UserPushRule => ({ rule_id, enabled, actions: ['notify'] })
const names = (rules: readonly { rule_id: string }[]) => rules.map(({ rule_id }) => rule_id)

test('the defaults are listed in the order of the specification', () => {
  const { override, content, room, sender, underride } = defaultRuleset(BOB)
  const short = (rules: readonly { rule_id: string }[]) =>
    names(rules).map((id) => id.replace('.m.rule.', ''))

  assert.deepEqual(short(override), [
    'master',
    'suppress_notices',
    'invite_for_me',
    'member_event',
    'is_user_mention',
    'contains_display_name',
    'is_room_mention',
    'roomnotif',
    'tombstone',
    'reaction',
    'room.server_acl',
    'suppress_edits',
    '.org.matrix.msc3930.rule.poll_response',
  ])
  assert.deepEqual(short(content), ['contains_user_name'])
  assert.deepEqual([...room, ...sender], [])
  assert.deepEqual(short(underride), [
    'call',
    'encrypted_room_one_to_one',
    'room_one_to_one',
    'message',
    'encrypted',
    ...['start_one_to_one', 'start', 'end_one_to_one', 'end'].map(
      (name) => `.org.matrix.msc3930.rule.poll_${name}`,
    ),
  ])
  assert.deepEqual(
    override.filter(({ enabled }) => !enabled).map(({ rule_id }) => rule_id),
    ['.m.rule.master'],
  )
})

test('defaults that name the user name this one', () => {
  const rules = defaultRuleset(BOB)

  assert.equal(findPushRule(rules, 'override', '.m.rule.is_user_mention')?.conditions?.[0]?.value, BOB)
  assert.equal(findPushRule(rules, 'override', '.m.rule.invite_for_me')?.conditions?.[2]?.pattern, BOB)
  assert.equal(findPushRule(rules, 'content', '.m.rule.contains_user_name')?.pattern, 'bob')
})

test('clients see own rules before defaults, the master before all, and their changes to defaults', () => {
  const defaults = defaultRuleset(BOB)
  const merged = mergeRuleset(defaults, {
    rules: { override: [mine('a'), mine('b', false)], room: [mine('!r:one.test')] },
    defaults: new Map([
      ['.m.rule.message', { enabled: false }],
      ['.m.rule.call', { actions: [] }],
      ['.m.rule.gone', { enabled: false }],
    ]),
  })

  assert.deepEqual(names(merged.override).slice(0, 4), [
    '.m.rule.master',
    'a',
    'b',
    '.m.rule.suppress_notices',
  ])
  assert.equal(merged.override.length, defaults.override.length + 2)
  assert.deepEqual(findPushRule(merged, 'override', 'b'), { ...mine('b', false), default: false })
  assert.equal(findPushRule(merged, 'underride', '.m.rule.message')?.enabled, false)
  assert.deepEqual(findPushRule(merged, 'underride', '.m.rule.message')?.actions, ['notify'])
  assert.deepEqual(findPushRule(merged, 'underride', '.m.rule.call')?.actions, [])
  assert.equal(findPushRule(merged, 'underride', '.m.rule.call')?.default, true)
  assert.equal(findPushRule(merged, 'room', '!r:one.test')?.default, false)
  assert.equal(findPushRule(merged, 'room', 'a'), undefined)
  assert.equal(findPushRule(defaults, 'underride', '.m.rule.message')?.enabled, true)
})

test('a rule is placed before or after another of the user', () => {
  const rules = [mine('a'), mine('b'), mine('c')]
  const place = (id: string, where = {}) => {
    const result = placePushRule(rules, mine(id), where)
    return result.placed ? names(result.rules).join('') : `no ${result.missing}`
  }

  assert.equal(place('x'), 'xabc')
  assert.equal(place('x', { before: 'b' }), 'axbc')
  assert.equal(place('x', { after: 'b' }), 'abxc')
  assert.equal(place('x', { before: 'c', after: 'a' }), 'abxc')
  assert.equal(place('b'), 'abc')
  assert.equal(place('a', { after: 'c' }), 'bca')
  assert.equal(place('c', { before: 'a' }), 'cab')
  assert.equal(place('b', { before: 'b' }), 'abc')
  assert.equal(place('x', { before: 'z' }), 'no z')
  assert.equal(place('x', { after: '.m.rule.message' }), 'no .m.rule.message')
  assert.equal(place('x', { before: 'a', after: 'z' }), 'no z')
  assert.equal(place('x', { before: 'x' }), 'no x')
})

test('a new rule is enabled, one that exists stays as it was', () => {
  const enabledOf = (rules: UserPushRule[], rule: UserPushRule) => {
    const result = placePushRule(rules, rule)
    return result.placed && result.rules.find(({ rule_id }) => rule_id === rule.rule_id)?.enabled
  }

  assert.equal(enabledOf([], mine('a', false)), true)
  assert.equal(enabledOf([mine('a', false)], mine('a')), false)
  assert.equal(enabledOf([mine('a', true)], mine('a', false)), true)
})

test('rule ids of the server and those that break a path are refused', () => {
  for (const id of ['', '.m.rule.mine', '.', 'a/b', 'a\\b', 'x'.repeat(1025)]) {
    assert.equal(checkPushRuleId(id)?.errcode, 'M_INVALID_PARAM', id)
  }
  for (const id of ['a', 'a.b', '!room:one.test', '@bob:one.test', '#spam:one.test', 'ключ']) {
    assert.equal(checkPushRuleId(id), undefined, id)
  }
})

test('actions are notify and tweaks; older words are kept, others refused', () => {
  const sound = { set_tweak: 'sound', value: 'default' }

  assert.deepEqual(parsePushActions(['notify', sound]), { valid: true, value: ['notify', sound] })
  assert.deepEqual(parsePushActions(['dont_notify', 'coalesce']), {
    valid: true,
    value: ['dont_notify', 'coalesce'],
  })
  assert.deepEqual(parsePushActions([{ set_tweak: 'org.test.flash', value: { n: 1 } }]).valid, true)
  for (const value of [null, 'notify', {}, ['shout'], [1], [null], [{}], [{ set_tweak: 1 }], [['notify']]]) {
    const parsed = parsePushActions(value)
    assert.equal(parsed.valid ? 'valid' : parsed.fault.errcode, 'M_INVALID_PARAM', JSON.stringify(value))
  }
  const parsed = parsePushActions(undefined)
  assert.equal(parsed.valid ? 'valid' : parsed.fault.errcode, 'M_MISSING_PARAM')
})

test('each kind of rule keeps what belongs to it', () => {
  const body = {
    actions: ['notify'],
    conditions: [{ kind: 'room_member_count', is: '2' }],
    pattern: 'cake',
    enabled: false,
    default: true,
  }
  const kept = (kind: Parameters<typeof parsePushRule>[0]) => {
    const parsed = parsePushRule(kind, 'mine', body)
    return parsed.valid ? Object.keys(parsed.value).join(' ') : parsed.fault.text
  }

  assert.equal(kept('override'), 'rule_id enabled actions conditions')
  assert.equal(kept('underride'), 'rule_id enabled actions conditions')
  assert.equal(kept('content'), 'rule_id enabled actions pattern')
  assert.equal(kept('room'), 'rule_id enabled actions')
  assert.equal(kept('sender'), 'rule_id enabled actions')
})

test('a rule that lacks something or has it in another shape is refused', () => {
  const refused = (kind: Parameters<typeof parsePushRule>[0], body: unknown) => {
    const parsed = parsePushRule(kind, 'mine', body)
    return parsed.valid ? 'valid' : parsed.fault.errcode
  }
  const withCondition = (condition: unknown) => ({ actions: [], conditions: [condition] })

  assert.equal(refused('override', { actions: [] }), 'valid')
  assert.equal(refused('override', withCondition({ kind: 'org.test.odd', x: 1 })), 'valid')
  assert.equal(refused('override', []), 'M_INVALID_PARAM')
  assert.equal(refused('override', {}), 'M_MISSING_PARAM')
  assert.equal(refused('content', { actions: [] }), 'M_MISSING_PARAM')
  assert.equal(refused('content', { actions: [], pattern: 1 }), 'M_INVALID_PARAM')
  assert.equal(refused('content', { actions: [], pattern: 'x'.repeat(513) }), 'M_INVALID_PARAM')
  assert.equal(refused('override', { actions: [], conditions: {} }), 'M_INVALID_PARAM')
  assert.equal(
    refused('override', { actions: [], conditions: Array(101).fill({ kind: 'x' }) }),
    'M_INVALID_PARAM',
  )
  assert.equal(refused('override', withCondition('x')), 'M_INVALID_PARAM')
  assert.equal(refused('override', withCondition({})), 'M_MISSING_PARAM')
  assert.equal(refused('override', withCondition({ kind: 1 })), 'M_INVALID_PARAM')
  assert.equal(refused('override', withCondition({ kind: 'event_match', key: 'type' })), 'M_MISSING_PARAM')
  assert.equal(refused('override', withCondition({ kind: 'event_match', pattern: 'x' })), 'M_MISSING_PARAM')
  assert.equal(
    refused('override', withCondition({ kind: 'event_match', key: 1, pattern: 'x' })),
    'M_INVALID_PARAM',
  )
  assert.equal(refused('override', withCondition({ kind: 'event_property_is', key: 'x' })), 'M_MISSING_PARAM')
  assert.equal(
    refused('override', withCondition({ kind: 'event_property_is', key: 'x', value: {} })),
    'M_INVALID_PARAM',
  )
  assert.equal(
    refused('override', withCondition({ kind: 'event_property_contains', key: 'x', value: null })),
    'valid',
  )
  assert.equal(refused('override', withCondition({ kind: 'room_member_count' })), 'M_MISSING_PARAM')
  assert.equal(
    refused('override', withCondition({ kind: 'sender_notification_permission' })),
    'M_MISSING_PARAM',
  )
  const reserved = parsePushRule('override', '.mine', { actions: [] })
  assert.equal(reserved.valid, false)
})
