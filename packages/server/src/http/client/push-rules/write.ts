import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import { parsePushActions, parsePushRule } from '@ranvier/protocol/push-rules/validate'
import type { PushRules } from '../../../push/push-rules.ts'
import { queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { checked, kindParam } from './params.ts'

const RULE = '/_matrix/client/v3/pushrules/global/:kind/:ruleId'
const params = { kind: kindParam }

/** `PUT` and `DELETE` of one's own push rules, `PUT` of `enabled` and `actions` of any. */
export function pushRuleWriteRoutes({ pushRules }: { pushRules: PushRules }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: RULE,
      auth: 'user',
      params,
      query: (query) => ({
        before: queryString(query, 'before') || undefined,
        after: queryString(query, 'after') || undefined,
      }),
      body: Type.Object({}),
      async handler({ requester, params: { kind, ruleId }, query, body }) {
        await pushRules.put(requester.userId, kind, checked(parsePushRule(kind, ruleId, body)), query)
        return {}
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: RULE,
      auth: 'user',
      params,
      async handler({ requester, params: { kind, ruleId } }) {
        await pushRules.delete(requester.userId, kind, ruleId)
        return {}
      },
    }),
    clientRoute({
      method: 'PUT',
      path: `${RULE}/enabled`,
      auth: 'user',
      params,
      body: Type.Object({ enabled: Type.Boolean() }),
      async handler({ requester, params: { kind, ruleId }, body }) {
        await pushRules.setEnabled(requester.userId, kind, ruleId, body.enabled)
        return {}
      },
    }),
    clientRoute({
      method: 'PUT',
      path: `${RULE}/actions`,
      auth: 'user',
      params,
      body: Type.Object({}),
      async handler({ requester, params: { kind, ruleId }, body }) {
        const actions = checked(parsePushActions((body as JsonObject)['actions'])) // parsed JSON
        await pushRules.setActions(requester.userId, kind, ruleId, actions)
        return {}
      },
    }),
  ]
}
