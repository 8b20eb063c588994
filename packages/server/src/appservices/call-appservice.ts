import type { Json } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Clock } from '../clock.ts'
import { OutboundClient, type OutboundResponse } from '../outbound/client.ts'
import type { Appservice } from './appservice.ts'

const MAX_ANSWER_BYTES = 1_000_000
/** Somebody waits for what is asked. */
const QUERY_TIMEOUT_MS = 10_000

/** What application services are reached with. */
export function appserviceClient(options: { clock: Clock; userAgent: string }): OutboundClient {
  return new OutboundClient({
    ...options,
    // The administrator named the addresses: a bridge usually runs on this very machine.
    addresses: { blocked: [], allowed: ['0.0.0.0/0', '::/0'] },
  })
}

/** Asks an application service something. Throws `OutboundError` when it cannot be reached in time. */
export function callAppservice(
  outbound: Pick<OutboundClient, 'request'>,
  { hsToken }: Appservice,
  call: {
    method: 'GET' | 'POST' | 'PUT'
    url: string
    body?: string
    timeoutMs: number
    repeatable?: boolean
    signal?: AbortSignal
  },
): Promise<OutboundResponse> {
  return outbound.request({
    ...call,
    headers: {
      authorization: `Bearer ${hsToken}`,
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
    },
    maxResponseBytes: MAX_ANSWER_BYTES,
  })
}

/** What an application service knows of something; `undefined`: nothing. Throws when it cannot say. */
export type AskAppservice = (appservice: Appservice, path: string) => Promise<Json | undefined>

export function askAppservice(outbound: Pick<OutboundClient, 'request'>): AskAppservice {
  return async (appservice, path) => {
    if (appservice.url === null) return undefined
    const url = `${appservice.url}/_matrix/app/v1/${path}`
    const answer = await callAppservice(outbound, appservice, {
      method: 'GET',
      url,
      timeoutMs: QUERY_TIMEOUT_MS,
      repeatable: true,
    })
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw new Error(`the application service answered ${answer.status}`)
    return parseJson(answer.body.toString())
  }
}
