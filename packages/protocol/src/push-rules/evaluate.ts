import type { RoomEvent } from '../event/types.ts'
import type { Matcher, PushContext } from './conditions.ts'
import { bodyMatch, compileCondition } from './conditions.ts'
import { LEGACY_MENTION_RULE_IDS } from './default-rules.ts'
import type { PushAction, PushRule, PushRuleKind, Ruleset } from './types.ts'
import { PUSH_RULE_KINDS } from './types.ts'

/** What the rule that decided says. The same value for every event it decides. */
export interface PushOutcome {
  readonly kind: PushRuleKind
  readonly ruleId: string
  /** Without words of older specifications that mean nothing any more. */
  readonly actions: readonly PushAction[]
  readonly notify: boolean
  /** True only together with `notify`. */
  readonly highlight: boolean
  /** The sound to play, `undefined` for none. */
  readonly sound: string | undefined
}

interface CompiledRule {
  readonly matches: Matcher
  readonly outcome: PushOutcome
}

// Rules are immutable and shared between the rulesets of many users, so each is compiled once.
const compiled = new WeakMap<PushRule, CompiledRule>()

/**
 * The outcome of the first enabled rule that matches; `undefined` if none does, and for events of the user's own.
 * Whether the event may notify at all (visible, live, not of an ignored sender…) is for the caller to know.
 *
 * Spec: CS API §Push rules.
 */
export function evaluatePushRules(
  ruleset: Ruleset,
  event: RoomEvent,
  context: PushContext,
): PushOutcome | undefined {
  if (event.sender === context.userId) return undefined
  for (const kind of PUSH_RULE_KINDS) {
    for (const rule of ruleset[kind] ?? []) {
      if (!rule.enabled) continue
      const { matches, outcome } = compile(kind, rule)
      if (matches(event, context)) return outcome
    }
  }
  return undefined
}

function compile(kind: PushRuleKind, rule: PushRule): CompiledRule {
  const known = compiled.get(rule)
  if (known !== undefined && known.outcome.kind === kind) return known
  const fresh = { matches: matcherOf(kind, rule), outcome: outcomeOf(kind, rule) }
  compiled.set(rule, fresh)
  return fresh
}

function matcherOf(kind: PushRuleKind, rule: PushRule): Matcher {
  const own = ownMatcherOf(kind, rule)
  if (!rule.default || !LEGACY_MENTION_RULE_IDS.has(rule.rule_id)) return own
  // Who says whom they mention means nobody else. Spec: CS API §User and room mentions.
  return (event, context) => !Object.hasOwn(event.content, 'm.mentions') && own(event, context)
}

function ownMatcherOf(kind: PushRuleKind, rule: PushRule): Matcher {
  switch (kind) {
    case 'room':
      return (event) => event.roomId === rule.rule_id
    case 'sender':
      return (event) => event.sender === rule.rule_id
    case 'content':
      return rule.pattern === undefined ? () => false : bodyMatch(rule.pattern)
    default: {
      const conditions = (rule.conditions ?? []).map(compileCondition)
      return (event, context) => conditions.every((holds) => holds(event, context))
    }
  }
}

function outcomeOf(kind: PushRuleKind, rule: PushRule): PushOutcome {
  const actions = rule.actions.filter((action) => action === 'notify' || typeof action === 'object')
  const notify = actions.includes('notify')
  const sound = tweak(actions, 'sound')?.value
  const highlight = tweak(actions, 'highlight')
  return {
    kind,
    ruleId: rule.rule_id,
    actions,
    notify,
    // Spec: CS API §Push rules, Actions: a highlight without value is true.
    highlight:
      notify && highlight !== undefined && (highlight.value === undefined || Boolean(highlight.value)),
    sound: typeof sound === 'string' ? sound : undefined,
  }
}

function tweak(actions: readonly PushAction[], name: string) {
  return actions.find((action) => typeof action === 'object' && action.set_tweak === name) as
    | Exclude<PushAction, string>
    | undefined
}
