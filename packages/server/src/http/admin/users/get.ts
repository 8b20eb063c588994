import { notFound } from '../../../errors.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'
import { userDetails } from './shape.ts'

/** `GET /_synapse/admin/v2/users/{userId}` */
export function getUserRoute(deps: AdminUserDeps): Route {
  const { accounts } = deps
  const find = accounts.reads.detailsBy((details) => JSON.stringify(userDetails(details, deps)))
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId',
    operationId: 'getUser',
    params: { userId: localUserParam(accounts.config.serverName, 'Can only look up local users') },
    handler({ params: { userId } }) {
      const text = find(userId)
      return text instanceof Promise ? text.then(answerOf) : answerOf(text)
    },
  })
}

function answerOf(text: string | undefined): HttpAnswer {
  if (text === undefined) throw notFound('User')
  return rawJson(text)
}
