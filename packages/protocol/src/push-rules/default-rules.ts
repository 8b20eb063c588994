import type { UserId } from '../ids/brands.ts'
import { localpartOf } from '../ids/user-id.ts'
import type { PushAction, PushCondition, PushRule, Ruleset } from './types.ts'

const NOTHING: readonly PushAction[] = []
const NOTIFY: readonly PushAction[] = ['notify']
const SOUND: readonly PushAction[] = ['notify', { set_tweak: 'sound', value: 'default' }]
const RING: readonly PushAction[] = ['notify', { set_tweak: 'sound', value: 'ring' }]
const HIGHLIGHT: readonly PushAction[] = ['notify', { set_tweak: 'highlight' }]
const SOUND_AND_HIGHLIGHT: readonly PushAction[] = [...SOUND, { set_tweak: 'highlight' }]

const matches = (key: string, pattern: string): PushCondition => ({ kind: 'event_match', key, pattern })
const ofType = (type: string) => matches('type', type)
const ONE_TO_ONE: PushCondition = { kind: 'room_member_count', is: '2' }
const MAY_NOTIFY_ROOM: PushCondition = { kind: 'sender_notification_permission', key: 'room' }

const rule = (
  name: string,
  conditions: readonly PushCondition[],
  actions: readonly PushAction[],
  enabled = true,
): PushRule => ({ rule_id: `.m.rule.${name}`, default: true, enabled, conditions, actions })

// What is the same for everybody is one value for everybody: it is then compiled once.
const MASTER = rule('master', [], NOTHING, false)
const SUPPRESS_NOTICES = rule('suppress_notices', [matches('content.msgtype', 'm.notice')], NOTHING)
const MEMBER_EVENT = rule('member_event', [ofType('m.room.member')], NOTHING)
const CONTAINS_DISPLAY_NAME = rule(
  'contains_display_name',
  [{ kind: 'contains_display_name' }],
  SOUND_AND_HIGHLIGHT,
)
const IS_ROOM_MENTION = rule(
  'is_room_mention',
  [{ kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true }, MAY_NOTIFY_ROOM],
  HIGHLIGHT,
)
const ROOMNOTIF = rule('roomnotif', [matches('content.body', '@room'), MAY_NOTIFY_ROOM], HIGHLIGHT)
const TOMBSTONE = rule('tombstone', [ofType('m.room.tombstone'), matches('state_key', '')], HIGHLIGHT)
const REACTION = rule('reaction', [ofType('m.reaction')], NOTHING)
const SERVER_ACL = rule('room.server_acl', [ofType('m.room.server_acl'), matches('state_key', '')], NOTHING)
const SUPPRESS_EDITS = rule(
  'suppress_edits',
  [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
  NOTHING,
)
/** Polls. MSC3930 */
const poll = (
  name: string,
  conditions: readonly PushCondition[],
  actions: readonly PushAction[],
): PushRule => ({
  rule_id: `.org.matrix.msc3930.rule.poll_${name}`,
  default: true,
  enabled: true,
  conditions,
  actions,
})
const POLL_RESPONSE = poll('response', [ofType('org.matrix.msc3381.poll.response')], NOTHING)
/** Threads notify who follows them, and nobody else. MSC4306 */
const thread = (name: string, subscribed: boolean, actions: readonly PushAction[]): PushRule => ({
  rule_id: `.io.element.msc4306.rule.${name}`,
  default: true,
  enabled: true,
  conditions: [{ kind: 'io.element.msc4306.thread_subscription', subscribed }],
  actions,
})
const THREADS = [thread('unsubscribed_thread', false, NOTHING), thread('subscribed_thread', true, SOUND)]
const UNDERRIDE = [
  rule('call', [ofType('m.call.invite')], RING),
  rule('encrypted_room_one_to_one', [ONE_TO_ONE, ofType('m.room.encrypted')], SOUND),
  rule('room_one_to_one', [ONE_TO_ONE, ofType('m.room.message')], SOUND),
  rule('message', [ofType('m.room.message')], NOTIFY),
  rule('encrypted', [ofType('m.room.encrypted')], NOTIFY),
  poll('start_one_to_one', [ONE_TO_ONE, ofType('org.matrix.msc3381.poll.start')], SOUND),
  poll('start', [ofType('org.matrix.msc3381.poll.start')], NOTIFY),
  poll('end_one_to_one', [ONE_TO_ONE, ofType('org.matrix.msc3381.poll.end')], SOUND),
  poll('end', [ofType('org.matrix.msc3381.poll.end')], NOTIFY),
]

/** The rule that, once enabled, silences everything: it stands before all others, also before those of the user. */
export const MASTER_RULE_ID = MASTER.rule_id

/**
 * Rules that find mentions in the text of a message. They hold only for events without `m.mentions`.
 * Gone from the specification since v1.17, still served by Synapse.
 */
export const LEGACY_MENTION_RULE_IDS: ReadonlySet<string> = new Set([
  CONTAINS_DISPLAY_NAME.rule_id,
  ROOMNOTIF.rule_id,
  '.m.rule.contains_user_name',
])

/**
 * The server-default rules of a user. Spec: CS API §Predefined rules.
 *
 * NOTSPEC: unless `legacyMentions` is false, the three rules for mentions in the text are among them, as with Synapse:
 * bots and older clients write no `m.mentions`, and those they name expect to be told.
 */
export function defaultRuleset(
  userId: UserId,
  options: { legacyMentions?: boolean; threadSubscriptions?: boolean } = {},
): Ruleset {
  const isLegacy = options.legacyMentions ?? true
  const inviteForMe = rule(
    'invite_for_me',
    [ofType('m.room.member'), matches('content.membership', 'invite'), matches('state_key', userId)],
    SOUND,
  )
  const isUserMention = rule(
    'is_user_mention',
    [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
    SOUND_AND_HIGHLIGHT,
  )
  return {
    override: [
      MASTER,
      SUPPRESS_NOTICES,
      inviteForMe,
      MEMBER_EVENT,
      isUserMention,
      ...(isLegacy ? [CONTAINS_DISPLAY_NAME] : []),
      IS_ROOM_MENTION,
      ...(isLegacy ? [ROOMNOTIF] : []),
      TOMBSTONE,
      REACTION,
      SERVER_ACL,
      SUPPRESS_EDITS,
      POLL_RESPONSE,
    ],
    content: isLegacy ? [containsUserName(userId)] : [],
    ...(options.threadSubscriptions && { postcontent: THREADS }),
    room: [],
    sender: [],
    underride: UNDERRIDE,
  }
}

function containsUserName(userId: UserId): PushRule {
  return {
    rule_id: '.m.rule.contains_user_name',
    default: true,
    enabled: true,
    pattern: localpartOf(userId),
    actions: SOUND_AND_HIGHLIGHT,
  }
}
