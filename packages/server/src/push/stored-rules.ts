import type { DefaultRuleChange, PushRuleChanges } from '@ranvier/protocol/push-rules/ruleset'
import type { PushRuleKind, UserPushRule } from '@ranvier/protocol/push-rules/types'

/** What a user made of the defaults, to be changed in place. */
export interface MutableChanges extends PushRuleChanges {
  rules: { [kind in PushRuleKind]?: UserPushRule[] }
  defaults: Map<string, DefaultRuleChange>
}

/** The document of the table `push_rules`. */
interface StoredRules {
  rules: { [kind in PushRuleKind]?: UserPushRule[] }
  defaults: [ruleId: string, change: DefaultRuleChange][]
}

export function parseChanges(text: string | undefined): MutableChanges {
  if (text === undefined) return { rules: {}, defaults: new Map() }
  const stored = JSON.parse(text) as StoredRules // written by `formatChanges`
  return { rules: stored.rules, defaults: new Map(stored.defaults) }
}

export function formatChanges({ rules, defaults }: MutableChanges): string {
  const stored: StoredRules = { rules, defaults: [...defaults] }
  return JSON.stringify(stored)
}
