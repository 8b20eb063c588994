import { invalidParam, MatrixError, threepidDenied } from '../../errors.ts'
import { canonicalThreepid } from './threepid-form.ts'

/** What the configuration says about addresses of users. */
export interface ThreepidRules {
  /** Users may add and remove addresses. Synapse: enable_3pid_changes */
  changesEnabled: boolean
  /** null: any address. Synapse: allowed_local_3pids */
  allowed: readonly { medium: string; pattern: RegExp }[] | null
  /** Clients are not told whether an address has an account. Synapse: request_token_inhibit_3pid_errors */
  hidesUse: boolean
  /** Where browsers may be led afterwards; null: anywhere. Synapse: next_link_domain_whitelist */
  nextLinkDomains: readonly string[] | null
  /** Nobody registers without an address. Synapse: registrations_require_3pid */
  registrationNeedsEmail: boolean
}

// Spec: Identity Service API, client_secret
const CLIENT_SECRET = /^[0-9a-zA-Z.=_-]{1,255}$/
const MAX_LINK_LENGTH = 2_000

/** An email address in its stored form. 400 `M_INVALID_PARAM` for what is none. */
export function emailParam(raw: string): string {
  try {
    return canonicalThreepid('email', raw).address
  } catch (error) {
    if (error instanceof MatrixError) throw invalidParam('Unable to parse email address')
    throw error
  }
}

/** 400 `M_INVALID_PARAM` unless it has the form that the specification gives it. */
export function checkClientSecret(secret: string): void {
  if (!CLIENT_SECRET.test(secret)) throw invalidParam('Invalid client_secret parameter')
}

/** 403 `M_THREEPID_DENIED` for addresses the configuration does not let in. */
export function checkAllowed({ allowed }: ThreepidRules, medium: string, address: string): void {
  if (allowed === null || allowed.some((rule) => rule.medium === medium && rule.pattern.test(address))) return
  throw threepidDenied('Addresses like this one are not allowed on this server')
}

/** 400 `M_INVALID_PARAM` unless a browser may be sent there. */
export function checkNextLink({ nextLinkDomains }: ThreepidRules, nextLink: string): void {
  const url = URL.canParse(nextLink) ? new URL(nextLink) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === undefined || !isWeb || nextLink.length > MAX_LINK_LENGTH)
    throw invalidParam("'next_link' must be an http(s) URL")
  if (nextLinkDomains !== null && !nextLinkDomains.includes(url.hostname))
    throw invalidParam("'next_link' domain not included in whitelist, or not supported")
}
