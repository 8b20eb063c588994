import { isJsonObject } from '../json.ts'
import type { PushAction, PushCondition, PushRuleKind, Tweak, UserPushRule } from './types.ts'

/** Why input is no push rule, in the words of the API. */
export interface PushRuleFault {
  readonly errcode: 'M_MISSING_PARAM' | 'M_INVALID_PARAM'
  readonly text: string
}

export type PushRuleParse<T> =
  | { readonly valid: true; readonly value: T }
  | { readonly valid: false; readonly fault: PushRuleFault }

const MAX_RULE_ID_LENGTH = 1024 // room ids and user ids take 255 bytes; clients use keywords as ids too
const MAX_PATTERN_LENGTH = 512 // Ours: each pattern is tried on every event; nobody writes longer ones by hand
const MAX_CONDITIONS = 100 // Ours: each is asked of every event
const OLD_ACTIONS = ['dont_notify', 'coalesce'] // Spec: CS API §Push rules, Historical actions: to be ignored

/** Whether a user may give a rule this id. Those with a dot in front are the server's. */
export function checkPushRuleId(ruleId: string): PushRuleFault | undefined {
  if (ruleId === '' || ruleId.length > MAX_RULE_ID_LENGTH) return invalid('The rule id is empty or too long')
  if (ruleId.startsWith('.')) return invalid("Rule ids that start with '.' are reserved for the server")
  if (ruleId.includes('/') || ruleId.includes('\\')) return invalid("A rule id cannot contain '/' or '\\'")
  return undefined
}

/** The actions of a rule. Those of older specifications are kept, for the clients that wrote them, and mean nothing. */
export function parsePushActions(value: unknown): PushRuleParse<PushAction[]> {
  if (value === undefined) return fail(missing('actions'))
  if (!Array.isArray(value)) return fail(invalid('actions is not an array'))
  const actions: PushAction[] = []
  for (const action of value) {
    if (action === 'notify' || OLD_ACTIONS.includes(action) || isTweak(action)) actions.push(action)
    else return fail(invalid('actions has an entry that is no action'))
  }
  return { valid: true, value: actions }
}

/** The rule that the body of `PUT /pushrules/global/{kind}/{ruleId}` describes, enabled. Other keys are dropped. */
export function parsePushRule(
  kind: PushRuleKind,
  ruleId: string,
  body: unknown,
): PushRuleParse<UserPushRule> {
  const badId = checkPushRuleId(ruleId)
  if (badId !== undefined) return fail(badId)
  if (!isJsonObject(body)) return fail(invalid('The rule is not an object'))
  const actions = parsePushActions(body.actions)
  if (!actions.valid) return actions
  const rule: UserPushRule = { rule_id: ruleId, enabled: true, actions: actions.value }
  if (kind === 'content') {
    const fault = faultOfPattern(body.pattern)
    return fault === undefined
      ? { valid: true, value: { ...rule, pattern: body.pattern as string } } // the check has just said so
      : fail(fault)
  }
  if (kind === 'room' || kind === 'sender') return { valid: true, value: rule }
  const conditions = parseConditions(body.conditions)
  return conditions.valid ? { valid: true, value: { ...rule, conditions: conditions.value } } : conditions
}

function isTweak(value: unknown): value is Tweak {
  return isJsonObject(value) && typeof value.set_tweak === 'string'
}

function faultOfPattern(pattern: unknown): PushRuleFault | undefined {
  if (pattern === undefined) return missing('pattern')
  if (typeof pattern !== 'string') return invalid('pattern is not a string')
  return pattern.length > MAX_PATTERN_LENGTH ? invalid('pattern is too long') : undefined
}

/** A rule without conditions always matches. */
function parseConditions(value: unknown): PushRuleParse<PushCondition[]> {
  if (value === undefined) return { valid: true, value: [] }
  if (!Array.isArray(value)) return fail(invalid('conditions is not an array'))
  if (value.length > MAX_CONDITIONS) return fail(invalid(`A rule has at most ${MAX_CONDITIONS} conditions`))
  for (const condition of value) {
    const fault = faultOfCondition(condition)
    if (fault !== undefined) return fail(fault)
  }
  return { valid: true, value: value as PushCondition[] } // each entry has just been checked
}

/** Kinds we do not know are kept: a client may know them. They never match here. */
function faultOfCondition(condition: unknown): PushRuleFault | undefined {
  if (!isJsonObject(condition)) return invalid('conditions has an entry that is not an object')
  const { kind, key, is } = condition
  if (kind === undefined) return missing('kind')
  if (typeof kind !== 'string') return invalid('The kind of a condition is not a string')
  switch (kind) {
    case 'event_match':
      return faultOfText('key', key) ?? faultOfPattern(condition.pattern)
    case 'event_property_is':
    case 'event_property_contains':
      return faultOfText('key', key) ?? faultOfScalar(condition.value)
    case 'room_member_count':
      return faultOfText('is', is)
    case 'sender_notification_permission':
      return faultOfText('key', key)
    case 'io.element.msc4306.thread_subscription':
      return typeof condition.subscribed === 'boolean'
        ? undefined
        : invalid('subscribed is not true or false')
    default:
      return undefined
  }
}

function faultOfText(name: string, value: unknown): PushRuleFault | undefined {
  if (value === undefined) return missing(name)
  return typeof value === 'string' ? undefined : invalid(`${name} is not a string`)
}

function faultOfScalar(value: unknown): PushRuleFault | undefined {
  if (value === undefined) return missing('value')
  return typeof value === 'object' && value !== null
    ? invalid('value is not a string, integer, boolean or null')
    : undefined
}

function missing(name: string): PushRuleFault {
  return { errcode: 'M_MISSING_PARAM', text: `${name} is missing` }
}

function invalid(text: string): PushRuleFault {
  return { errcode: 'M_INVALID_PARAM', text }
}

function fail(fault: PushRuleFault): { valid: false; fault: PushRuleFault } {
  return { valid: false, fault }
}
