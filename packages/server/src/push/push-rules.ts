import type { UserId } from '@ranvier/protocol/ids/brands'
import { defaultRuleset } from '@ranvier/protocol/push-rules/default-rules'
import {
  findPushRule,
  mergeRuleset,
  placePushRule,
  type RulePlace,
} from '@ranvier/protocol/push-rules/ruleset'
import type { PushAction, PushRuleKind, Ruleset, UserPushRule } from '@ranvier/protocol/push-rules/types'
import type { AccountDataChange, Storage } from '@ranvier/storage'
import { badRequest, invalidParam, notFound } from '../errors.ts'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'
import { formatChanges, type MutableChanges, parseChanges } from './stored-rules.ts'

export interface UserPushRules {
  readonly ruleset: Ruleset
  /** `{"global":{…}}`: what `/pushrules/` answers and `m.push_rules` holds. Made once. */
  readonly text: string
}

const MAX_OWN_RULES = 1_000 // each is asked about every event of every room of the user

/** The push rules of users: the server's defaults with what each user made of them. */
export class PushRules {
  readonly #storage: Storage
  readonly #options: { threadSubscriptions?: boolean }
  readonly #rules: RecentCache<string, Promise<UserPushRules>>

  constructor(
    storage: Storage,
    limits: { users: number },
    /** Threads notify who is subscribed to them. MSC4306 */
    options: { threadSubscriptions?: boolean } = {},
  ) {
    this.#storage = storage
    this.#options = options
    this.#rules = createRecentCache(limits.users)
    storage.subscribe((facts) => {
      for (const { stream, key, detail } of facts) {
        // The rules of an account go with it, and nobody announces that.
        if (stream === 'accounts') this.#rules.delete(key)
        if (stream !== 'account_data') continue
        const type = (detail as AccountDataChange | undefined)?.type
        if (type === undefined || type === 'm.push_rules') this.#rules.delete(key)
      }
    })
  }

  of(userId: UserId): Promise<UserPushRules> {
    const known = this.#rules.get(userId)
    if (known !== undefined) return known
    const rules = this.#load(userId)
    this.#rules.set(userId, rules)
    rules.catch(() => this.#rules.delete(userId))
    return rules
  }

  /** Adds a rule of the user's own or replaces one. 400 when `place` names none of their rules of this kind. */
  async put(userId: UserId, kind: PushRuleKind, rule: UserPushRule, place: RulePlace): Promise<void> {
    if (kind === 'postcontent') throw invalidParam('Rules of this kind are of the server alone')
    return this.#change(userId, (changes) => {
      const result = placePushRule(changes.rules[kind] ?? [], rule, place)
      // Spec: CS API `PUT /pushrules/global/{kind}/{ruleId}`, the example of 400.
      if (!result.placed) throw badRequest(`before/after rule not found: ${result.missing}`)
      changes.rules[kind] = result.rules
      const total = Object.values(changes.rules).reduce((sum, rules) => sum + rules.length, 0)
      if (total > MAX_OWN_RULES) throw invalidParam(`A user has at most ${MAX_OWN_RULES} push rules`)
    })
  }

  /** Deletes one of the user's own rules. 404 for others: the server's can only be disabled. */
  delete(userId: UserId, kind: PushRuleKind, ruleId: string): Promise<void> {
    return this.#change(userId, (changes) => {
      const rules = changes.rules[kind] ?? []
      const rest = rules.filter(({ rule_id }) => rule_id !== ruleId)
      if (rest.length === rules.length) throw notFound('Push rule')
      changes.rules[kind] = rest
    })
  }

  /** 404 if there is no such rule. */
  setEnabled(userId: UserId, kind: PushRuleKind, ruleId: string, enabled: boolean): Promise<void> {
    return this.#changeRule(userId, kind, ruleId, { enabled })
  }

  /** 404 if there is no such rule. */
  setActions(userId: UserId, kind: PushRuleKind, ruleId: string, actions: PushAction[]): Promise<void> {
    return this.#changeRule(userId, kind, ruleId, { actions })
  }

  #changeRule(
    userId: UserId,
    kind: PushRuleKind,
    ruleId: string,
    change: { enabled: boolean } | { actions: PushAction[] },
  ): Promise<void> {
    return this.#change(userId, (changes) => {
      const own = changes.rules[kind] ?? []
      const at = own.findIndex(({ rule_id }) => rule_id === ruleId)
      if (at !== -1) changes.rules[kind] = own.with(at, { ...own[at]!, ...change })
      else if (findPushRule(defaultRuleset(userId, this.#options), kind, ruleId) !== undefined)
        changes.defaults.set(ruleId, { ...changes.defaults.get(ruleId), ...change })
      else throw notFound('Push rule')
    })
  }

  #change(userId: UserId, apply: (changes: MutableChanges) => void): Promise<void> {
    return this.#storage.write(async (tx) => {
      const changes = parseChanges((await tx.pushRules.find(userId))?.rules)
      apply(changes)
      await tx.pushRules.set(userId, formatChanges(changes))
    })
  }

  async #load(userId: UserId): Promise<UserPushRules> {
    const stored = await this.#storage.read.pushRules.find(userId)
    const ruleset = mergeRuleset(defaultRuleset(userId, this.#options), parseChanges(stored?.rules))
    return { ruleset, text: JSON.stringify({ global: ruleset }) }
  }
}
