import type { OutboundClient, OutboundResponse } from '../outbound/client.ts'
import type { Appservice } from './appservice.ts'

const MAX_ANSWER_BYTES = 1_000_000

/** Asks an application service something. Throws `OutboundError` when it cannot be reached in time. */
export function callAppservice(
  outbound: Pick<OutboundClient, 'request'>,
  { hsToken }: Appservice,
  call: { method: 'POST' | 'PUT'; url: string; body: string; timeoutMs: number; signal?: AbortSignal },
): Promise<OutboundResponse> {
  return outbound.request({
    ...call,
    headers: { authorization: `Bearer ${hsToken}`, 'content-type': 'application/json' },
    maxResponseBytes: MAX_ANSWER_BYTES,
  })
}
