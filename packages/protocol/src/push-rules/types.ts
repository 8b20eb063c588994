import type { Json } from '../json.ts'

/** In the order in which rules are asked. Spec: CS API §Push rules. `postcontent`: MSC4306, of the server alone. */
export const PUSH_RULE_KINDS = ['override', 'content', 'postcontent', 'room', 'sender', 'underride'] as const
export type PushRuleKind = (typeof PUSH_RULE_KINDS)[number]

export interface Tweak {
  readonly set_tweak: string
  readonly value?: Json
}

/** `notify`, a tweak, or a word of an older specification that means nothing any more. */
export type PushAction = string | Tweak

/** Which fields count depends on `kind`; a condition of an unknown kind never holds. */
export interface PushCondition {
  readonly kind: string
  readonly key?: string
  readonly pattern?: string
  readonly is?: string
  readonly value?: Json
  /** Of `io.element.msc4306.thread_subscription`. */
  readonly subscribed?: boolean
}

/** What a user says of a rule of their own. */
export interface UserPushRule {
  readonly rule_id: string
  readonly enabled: boolean
  readonly actions: readonly PushAction[]
  /** For `override` and `underride`. */
  readonly conditions?: readonly PushCondition[]
  /** For `content`. */
  readonly pattern?: string
}

/** A rule as clients see it. Never changed in place: what is derived from it is remembered by its identity. */
export interface PushRule extends UserPushRule {
  readonly default: boolean
}

/** The `global` rules of a user, each kind from most to least important. */
export type Ruleset = { readonly [kind in Exclude<PushRuleKind, 'postcontent'>]: readonly PushRule[] } & {
  /** Absent where threads are not subscribed to. */
  readonly postcontent?: readonly PushRule[]
}

export function isPushRuleKind(value: unknown): value is PushRuleKind {
  return PUSH_RULE_KINDS.some((kind) => kind === value)
}
