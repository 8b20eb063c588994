import { MASTER_RULE_ID } from './default-rules.ts'
import type { PushAction, PushRule, PushRuleKind, Ruleset, UserPushRule } from './types.ts'

/** What a user has made of the defaults. */
export interface PushRuleChanges {
  /** Their own rules, each kind from most to least important. */
  readonly rules: { readonly [kind in PushRuleKind]?: readonly UserPushRule[] }
  /** By the id of a server-default rule. */
  readonly defaults: ReadonlyMap<string, DefaultRuleChange>
}

export interface DefaultRuleChange {
  readonly enabled?: boolean
  readonly actions?: readonly PushAction[]
}

/**
 * The `global` ruleset of a user: own rules before the defaults of their kind, except that the master rule is first.
 * Changes to defaults that no longer exist are passed over.
 *
 * Spec: CS API §Predefined rules.
 */
export function mergeRuleset(defaults: Ruleset, changes: PushRuleChanges): Ruleset {
  const merge = (kind: PushRuleKind): PushRule[] => {
    const own = (changes.rules[kind] ?? []).map((rule) => ({ ...rule, default: false }))
    const rest = (defaults[kind] ?? []).map((rule) => changed(rule, changes.defaults.get(rule.rule_id)))
    const isMaster = ({ rule_id }: PushRule) => rule_id === MASTER_RULE_ID
    return [...rest.filter(isMaster), ...own, ...rest.filter((rule) => !isMaster(rule))]
  }
  return {
    override: merge('override'),
    content: merge('content'),
    ...(defaults.postcontent !== undefined && { postcontent: merge('postcontent') }),
    room: merge('room'),
    sender: merge('sender'),
    underride: merge('underride'),
  }
}

function changed(rule: PushRule, change: DefaultRuleChange | undefined): PushRule {
  if (change === undefined) return rule
  return { ...rule, enabled: change.enabled ?? rule.enabled, actions: change.actions ?? rule.actions }
}

/** The rule with this id, `undefined` if the kind has none. */
export function findPushRule(ruleset: Ruleset, kind: PushRuleKind, ruleId: string): PushRule | undefined {
  return ruleset[kind]?.find((rule) => rule.rule_id === ruleId)
}

/** Where a rule shall stand among the user's own of its kind. `before` wins over `after`. */
export interface RulePlace {
  readonly before?: string
  readonly after?: string
}

export type PlacedRules =
  | { readonly placed: true; readonly rules: UserPushRule[] }
  /** `missing` is no rule of the user's own of this kind. */
  | { readonly placed: false; readonly missing: string }

/**
 * The user's own rules of one kind with `rule` put in, or put in the place of the one with its id.
 * A new rule is enabled and, without a place, the most important; one that exists keeps its place and whether it is
 * enabled. A new list. Spec: CS API `PUT /pushrules/global/{kind}/{ruleId}`.
 */
export function placePushRule(
  rules: readonly UserPushRule[],
  rule: UserPushRule,
  place: RulePlace = {},
): PlacedRules {
  const existing = rules.findIndex(({ rule_id }) => rule_id === rule.rule_id)
  const next: UserPushRule = { ...rule, enabled: rules[existing]?.enabled ?? true }
  const anchor = place.before ?? place.after
  if (anchor === undefined && existing !== -1) return { placed: true, rules: rules.with(existing, next) }
  const others = rules.filter(({ rule_id }) => rule_id !== rule.rule_id)
  if (anchor === undefined) return { placed: true, rules: [next, ...others] }
  // A rule put next to itself stays where it is.
  if (anchor === rule.rule_id && existing !== -1) return { placed: true, rules: rules.with(existing, next) }
  for (const name of [place.before, place.after]) {
    if (name !== undefined && !rules.some(({ rule_id }) => rule_id === name)) {
      return { placed: false, missing: name }
    }
  }
  const at = others.findIndex(({ rule_id }) => rule_id === anchor)
  return { placed: true, rules: others.toSpliced(place.before === undefined ? at + 1 : at, 0, next) }
}
