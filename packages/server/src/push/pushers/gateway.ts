import { isJsonObject } from '@ranvier/protocol/json'
import type { OutboundClient } from '../../outbound/client.ts'
import type { PushNotification } from './notification.ts'

/** Sends a notification to a push gateway; the pushkeys it rejects. Throws when it did not take it. */
export type NotifyGateway = (
  url: string,
  notification: PushNotification,
  signal: AbortSignal,
) => Promise<readonly string[]>

/** The gateway answered, and not that it has taken the notification. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
}

const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 100_000

/** Spec: Push Gateway API `POST /_matrix/push/v1/notify` */
export function notifyGateway({ outbound }: { outbound: Pick<OutboundClient, 'request'> }): NotifyGateway {
  return async (url, notification, signal) => {
    const { status, body } = await outbound.request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ notification }),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
      repeatable: true, // Spec: gateways suppress duplicates by event id
      signal,
    })
    if (status < 200 || status > 299) throw new GatewayError(`the push gateway answered ${status}`)
    const answer = parse(body.toString())
    if (!isJsonObject(answer)) throw new GatewayError('the push gateway did not answer with a JSON object')
    const rejected = answer['rejected']
    return Array.isArray(rejected) ? rejected.filter((pushkey) => typeof pushkey === 'string') : []
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
