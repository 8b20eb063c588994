import { isJsonObject } from '@ranvier/protocol/json'
import { checkIsAppservice } from '../accounts/registration/register-appservice-user.ts'
import { MatrixError } from '../errors.ts'
import type { OutboundClient } from '../outbound/client.ts'
import { OutboundError } from '../outbound/outbound-error.ts'
import type { Requester } from '../requester.ts'
import type { Appservices } from './appservice.ts'
import { callAppservice } from './call-appservice.ts'

export type PingAppservice = (
  by: Requester,
  appserviceId: string,
  transactionId: string | undefined,
) => Promise<{ durationMs: number }>

const TIMEOUT_MS = 30_000
const MAX_SHOWN_BODY = 10_000

/**
 * Asks the application service whether it hears us, for itself. 403 for anybody else, 400 `M_URL_NOT_SET`, 502
 * `M_CONNECTION_FAILED` and `M_BAD_STATUS`, 504 `M_CONNECTION_TIMEOUT`. Spec: AS API §Pinging
 */
export function pingAppservice(deps: {
  appservices: Appservices
  outbound: Pick<OutboundClient, 'request'>
}): PingAppservice {
  return async (by, appserviceId, transactionId) => {
    checkIsAppservice(by, appserviceId)
    const appservice = deps.appservices.find(appserviceId)
    const url = appservice?.url ?? null
    if (appservice === undefined || url === null)
      throw new MatrixError(400, 'M_URL_NOT_SET', 'The application service has no URL')
    const startedMs = performance.now()
    const { status, body } = await callAppservice(deps.outbound, appservice, {
      method: 'POST',
      url: `${url}/_matrix/app/v1/ping`,
      body: JSON.stringify({ transaction_id: transactionId }),
      timeoutMs: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw error instanceof OutboundError ? connectionError(error) : error
    })
    if (status < 200 || status >= 300)
      throw new MatrixError(502, 'M_BAD_STATUS', `The application service answered ${status}`, {
        status,
        body: body.subarray(0, MAX_SHOWN_BODY).toString(),
      })
    return { durationMs: Math.round(performance.now() - startedMs) }
  }
}

function connectionError({ reason, cause }: OutboundError): MatrixError {
  if (reason === 'timeout')
    return new MatrixError(504, 'M_CONNECTION_TIMEOUT', 'The application service did not answer in time')
  const code = isJsonObject(cause) && typeof cause['code'] === 'string' ? ` (${cause['code']})` : ''
  return new MatrixError(
    502,
    'M_CONNECTION_FAILED',
    `The application service could not be reached: ${reason}${code}`,
  )
}
