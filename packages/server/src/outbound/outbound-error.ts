/**
 * - `blocked`: the address is one the server does not connect to for others
 * - `bad-url`: not an `http:` or `https:` URL
 * - `too-large`, `timeout`, `too-many-redirects`: a limit of the request
 * - `network`: no connection, or it broke; `cause` says how
 * - `aborted`: the caller gave up
 */
export type OutboundReason =
  | 'blocked'
  | 'bad-url'
  | 'too-large'
  | 'timeout'
  | 'too-many-redirects'
  | 'network'
  | 'aborted'

/** Why a request to another server got no answer. For logs: it may name addresses, so clients never see it. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly reason: OutboundReason

  constructor(reason: OutboundReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
