import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import type { AccountValidityConfig } from '../../config/config.ts'
import { badRequest, forbidden } from '../../errors.ts'
import { queueMailIn } from '../../mail/outbox.ts'
import { renewalMail } from '../../mail/templates/renewal.ts'
import { hashToken, randomLetters } from '../secrets.ts'

const TOKEN_LENGTH = 32
export const RENEW_PATH = '/_matrix/client/unstable/account_validity/renew'

export interface ValidityDeps {
  storage: Storage
  clock: Clock
  /** null: accounts do not expire. */
  config: AccountValidityConfig | null
  /** What mail calls this service; null: no mail is sent. */
  appName: string | null
  /** Ends with `/`. */
  publicBaseUrl: string
}

/** What opening the link of a renewal mail came to. `expirationTs` is when the account expires now. */
export type RenewalOutcome =
  | { result: 'renewed' | 'used-before'; expirationTs: number }
  | { result: 'unknown' }

/** Accounts that expire. Synapse: admin_api/account_validity, `account_validity` in the configuration. */
export interface AccountValidityVerbs {
  /**
   * Renews an account until `expirationTs`, by default for the configured period, whose length is then needed: 400.
   * Returns the new time. 404 for an unknown account.
   */
  renew(userId: UserId, change: { expirationTs?: number | undefined; mailWanted: boolean }): Promise<number>
  renewWithToken(token: string): Promise<RenewalOutcome>
  /** Sends the link to all addresses of the account, now. 403 `M_FORBIDDEN` where renewal by mail is off. */
  sendMail(userId: UserId): Promise<void>
  /** Whether the account has expired; always false while accounts do not. */
  isExpired(userId: UserId): Promise<boolean>
}

export function accountValidity(deps: ValidityDeps): AccountValidityVerbs {
  const { storage, clock, config } = deps
  return {
    async renew(userId, { expirationTs = defaultExpiration(), mailWanted }) {
      await storage.write(async (tx) => {
        await tx.accounts.get(userId)
        await tx.accountValidity.set(userId, { expirationTs, mailSent: !mailWanted })
      })
      return expirationTs
    },
    renewWithToken: (token) =>
      storage.write(async (tx) => {
        if (config === null) return { result: 'unknown' }
        const known = await tx.accountValidity.findByToken(hashToken(token))
        if (known === undefined) return { result: 'unknown' }
        if (known.tokenUsedTs !== null) return { result: 'used-before', expirationTs: known.expirationTs }
        const nowMs = clock.nowMs()
        const expirationTs = nowMs + config.periodMs
        await tx.accountValidity.set(known.userId, { expirationTs, mailSent: false, tokenUsedTs: nowMs })
        return { result: 'renewed', expirationTs }
      }),
    async sendMail(userId) {
      if (config === null || config.renewAtMs === null || deps.appName === null)
        throw forbidden('Account renewal via email is disabled on this server.')
      await storage.write((tx) => sendRenewalMailIn(tx, userId, deps))
    },
    async isExpired(userId) {
      if (config === null) return false
      const validity = await storage.read.accountValidity.find(userId)
      return validity !== undefined && validity.expirationTs <= clock.nowMs()
    },
  }

  function defaultExpiration(): number {
    if (config === null)
      throw badRequest("Accounts do not expire on this server: 'expiration_ts' must be given")
    return clock.nowMs() + config.periodMs
  }
}

/** False when the account has no address to write to, or does not expire. */
export async function sendRenewalMailIn(
  tx: Transaction,
  userId: UserId,
  { clock, config, appName, publicBaseUrl }: ValidityDeps,
): Promise<boolean> {
  const validity = await tx.accountValidity.find(userId)
  const addresses = (await tx.threepids.list(userId)).filter(({ medium }) => medium === 'email')
  if (validity === undefined || addresses.length === 0 || config === null || appName === null) return false
  const token = randomLetters(TOKEN_LENGTH)
  await tx.accountValidity.setToken(userId, hashToken(token))
  const url = `${publicBaseUrl}${RENEW_PATH.slice(1)}?token=${token}`
  const { expirationTs } = validity
  for (const { address } of addresses) {
    const mail = { to: address, subject: config.renewSubject, appName, userId, expirationTs, url }
    await queueMailIn(tx, renewalMail(mail), clock.nowMs())
  }
  return true
}
