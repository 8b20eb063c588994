import type { UserId } from '@ranvier/protocol/ids/brands'
import { findPushRule } from '@ranvier/protocol/push-rules/ruleset'
import type { PushRule, PushRuleKind } from '@ranvier/protocol/push-rules/types'
import { notFound } from '../../../errors.ts'
import type { PushRules } from '../../../push/push-rules.ts'
import { rawJson } from '../../answer.ts'
import { clientRoute, type Route } from '../../route.ts'
import { kindParam } from './params.ts'

const RULES = '/_matrix/client/v3/pushrules'
const RULE = `${RULES}/global/:kind/:ruleId`

/** `GET` of all push rules, of one, and of its `enabled` and `actions`. */
export function pushRuleReadRoutes({ pushRules }: { pushRules: PushRules }): Route[] {
  const get = async (
    userId: UserId,
    { kind, ruleId }: { kind: PushRuleKind; ruleId: string },
  ): Promise<PushRule> => {
    const rule = findPushRule((await pushRules.of(userId)).ruleset, kind, ruleId)
    if (rule === undefined) throw notFound('Push rule')
    return rule
  }
  return [
    clientRoute({
      method: 'GET',
      path: `${RULES}/`,
      aliases: [RULES],
      auth: 'user',
      async handler({ requester }) {
        return rawJson((await pushRules.of(requester.userId)).text)
      },
    }),
    clientRoute({
      method: 'GET',
      path: `${RULES}/global/`,
      aliases: [`${RULES}/global`],
      auth: 'user',
      async handler({ requester }) {
        return (await pushRules.of(requester.userId)).ruleset
      },
    }),
    clientRoute({
      method: 'GET',
      path: RULE,
      auth: 'user',
      params: { kind: kindParam },
      handler: ({ requester, params }) => get(requester.userId, params),
    }),
    clientRoute({
      method: 'GET',
      path: `${RULE}/enabled`,
      auth: 'user',
      params: { kind: kindParam },
      handler: async ({ requester, params }) => ({ enabled: (await get(requester.userId, params)).enabled }),
    }),
    clientRoute({
      method: 'GET',
      path: `${RULE}/actions`,
      auth: 'user',
      params: { kind: kindParam },
      handler: async ({ requester, params }) => ({ actions: (await get(requester.userId, params)).actions }),
    }),
  ]
}
