import { randomBytes } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import type { MailConfig } from '../../config/config.ts'
import {
  invalidParam,
  MatrixError,
  threepidInUse,
  threepidNotFound,
  threepidUnsupported,
} from '../../errors.ts'
import type { Mail } from '../../mail/mail.ts'
import { queueMailIn } from '../../mail/outbox.ts'
import { addressInUseMail, passwordResetMail, validationMail } from '../../mail/templates/addresses.ts'
import type { RateLimits } from '../../rate-limit.ts'
import { hashToken, randomLetters } from '../secrets.ts'
import {
  checkAllowed,
  checkClientSecret,
  checkNextLink,
  emailParam,
  type ThreepidRules,
} from './threepid-rules.ts'

/** What an address is proven for. A proof is good for nothing else. */
export const EMAIL_PURPOSES = ['add', 'password', 'register'] as const
export type EmailPurpose = (typeof EMAIL_PURPOSES)[number]

/** Where the link of a mail leads. Synapse's paths. */
export const SUBMIT_PATHS: Readonly<Record<EmailPurpose, string>> = {
  add: '/_matrix/client/unstable/add_threepid/email/submit_token',
  password: '/_synapse/client/password_reset/email/submit_token',
  register: '/_matrix/client/unstable/registration/email/submit_token',
}

const TOKEN_LENGTH = 32
/** How long a proof may wait to be used. Spec: Identity Service API §Validating 3PIDs: clients count on a day. */
const PROOF_LIFETIME_MS = 86_400_000

export interface EmailSessionDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  rateLimits: RateLimits
  rules: ThreepidRules
  /** null: this server sends no mail. */
  mail: Pick<MailConfig, 'appName' | 'subjects' | 'validationTokenLifetimeMs'> | null
  /** Ends with `/`. */
  publicBaseUrl: string
}

export interface EmailTokenWish {
  email: string
  clientSecret: string
  sendAttempt: number
  nextLink?: string | undefined
}

/** An address somebody has proven to be theirs. */
export interface ProvenEmail {
  sid: string
  address: string
  validatedTs: number
}

/** Proving email addresses. Spec: CS API `…/email/requestToken` */
export interface EmailSessions {
  /** Whether mail can be sent at all. */
  readonly enabled: boolean
  /**
   * Sends a mail with a link and returns the session's id. A `sendAttempt` that is not higher than the one before sends
   * nothing. 400 for what is malformed, `M_THREEPID_IN_USE`, `M_THREEPID_NOT_FOUND`, 403 `M_THREEPID_DENIED`, 429.
   */
  request(purpose: EmailPurpose, wish: EmailTokenWish, ip: string): Promise<string>
  /** The link has been opened. What is to be seen then: null for no special page. Throws a `MatrixError` if it is void. */
  submit(purpose: EmailPurpose, proof: LinkProof): Promise<{ nextLink: string | null }>
  /** The address of a session that has been proven, `undefined` otherwise. */
  findProven(
    purpose: EmailPurpose,
    session: { sid: string; clientSecret: string },
  ): Promise<ProvenEmail | undefined>
}

export interface LinkProof {
  sid: string
  clientSecret: string
  token: string
}

export function emailSessions(deps: EmailSessionDeps): EmailSessions {
  const { storage, clock, rateLimits, rules } = deps
  return {
    enabled: deps.mail !== null,
    async request(purpose, wish, ip) {
      const mail = mailOf(deps)
      const { clientSecret, sendAttempt, nextLink } = wish
      checkClientSecret(clientSecret)
      const address = emailParam(wish.email)
      if (!Number.isSafeInteger(sendAttempt) || sendAttempt < 0)
        throw invalidParam("'send_attempt' must be zero or positive")
      rateLimits.check('rc_3pid_validation', ip)
      rateLimits.check('rc_3pid_validation', `email ${address}`)
      if (purpose !== 'password') checkAllowed(rules, 'email', address)
      if (nextLink !== undefined) checkNextLink(rules, nextLink)
      return storage.write(async (tx) => {
        const owner = await tx.threepids.findOwner('email', address)
        if (!rules.hidesUse) checkUse(purpose, owner)
        const nowMs = clock.nowMs()
        const { sid, isNewAttempt } = await sessionIn(tx, purpose, {
          address,
          clientSecret,
          sendAttempt,
          nowMs,
        })
        if (!isNewAttempt) return sid
        const isWanted = (owner !== undefined) === (purpose === 'password')
        if (isWanted) {
          const token = randomLetters(TOKEN_LENGTH)
          const expiryTs = nowMs + mail.validationTokenLifetimeMs
          const tokenHash = hashToken(token)
          await tx.threepidSessions.addToken({ sid, tokenHash, nextLink: nextLink ?? null, expiryTs })
          const url = linkOf(deps.publicBaseUrl, purpose, { sid, clientSecret, token })
          await queueMailIn(tx, linkMail(purpose, mail, { to: address, url }), nowMs)
        } else if (purpose === 'register') {
          const { appName, subjects } = mail
          const note = addressInUseMail({ to: address, subject: subjects.emailAlreadyInUse, appName })
          await queueMailIn(tx, note, nowMs)
        }
        // Otherwise there is a session like any other, which nothing will ever prove: nobody can tell.
        return sid
      })
    },
    submit: (purpose, { sid, clientSecret, token }) =>
      storage.write(async (tx) => {
        const session = await tx.threepidSessions.find(sid)
        if (session === undefined || session.purpose !== purpose || session.clientSecret !== clientSecret)
          throw linkVoid()
        const known = await tx.threepidSessions.findToken(sid, hashToken(token))
        if (known === undefined) throw linkVoid()
        const nowMs = clock.nowMs()
        if (known.expiryTs <= nowMs && session.validatedTs === null) throw linkVoid()
        await tx.threepidSessions.validate(sid, nowMs)
        return { nextLink: known.nextLink }
      }),
    findProven: (purpose, session) => findProvenIn(storage.read, purpose, session, clock.nowMs()),
  }
}

type SessionReader = Pick<Storage['read'], 'threepidSessions'>

async function findProvenIn(
  { threepidSessions }: SessionReader,
  purpose: EmailPurpose,
  { sid, clientSecret }: { sid: string; clientSecret?: string },
  nowMs: number,
): Promise<ProvenEmail | undefined> {
  const session = await threepidSessions.find(sid)
  if (session === undefined || session.validatedTs === null || session.purpose !== purpose) return undefined
  if (clientSecret !== undefined && session.clientSecret !== clientSecret) return undefined
  const { address, validatedTs } = session
  return nowMs - validatedTs > PROOF_LIFETIME_MS ? undefined : { sid, address, validatedTs }
}

/** Uses a proof up. `undefined` when there is none (any more). `clientSecret` is left out by who has asked for it before. */
export async function takeProvenIn(
  tx: Transaction,
  purpose: EmailPurpose,
  session: { sid: string; clientSecret?: string },
  nowMs: number,
): Promise<ProvenEmail | undefined> {
  const proven = await findProvenIn(tx, purpose, session, nowMs)
  if (proven !== undefined) await tx.threepidSessions.delete(proven.sid)
  return proven
}

function mailOf({ mail }: EmailSessionDeps): NonNullable<EmailSessionDeps['mail']> {
  if (mail === null) throw threepidUnsupported('This server does not send mail')
  return mail
}

function checkUse(purpose: EmailPurpose, owner: UserId | undefined): void {
  if (purpose === 'password') {
    if (owner === undefined) throw threepidNotFound('Email not found')
  } else if (owner !== undefined) throw threepidInUse('Email is already in use')
}

async function sessionIn(
  tx: Transaction,
  purpose: EmailPurpose,
  wish: { address: string; clientSecret: string; sendAttempt: number; nowMs: number },
): Promise<{ sid: string; isNewAttempt: boolean }> {
  const { address, clientSecret, sendAttempt, nowMs } = wish
  const key = { purpose, medium: 'email', address, clientSecret }
  const known = await tx.threepidSessions.findOpen(key)
  if (known === undefined) {
    const sid = randomBytes(12).toString('base64url')
    await tx.threepidSessions.add({ ...key, sid, lastSendAttempt: sendAttempt, touchedTs: nowMs })
    return { sid, isNewAttempt: true }
  }
  // Spec: Identity Service API: a repeated attempt is a request that came twice.
  if (sendAttempt <= known.lastSendAttempt) return { sid: known.sid, isNewAttempt: false }
  await tx.threepidSessions.noteAttempt(known.sid, sendAttempt, nowMs)
  return { sid: known.sid, isNewAttempt: true }
}

function linkOf(
  publicBaseUrl: string,
  purpose: EmailPurpose,
  { sid, clientSecret, token }: LinkProof,
): string {
  const query = new URLSearchParams({ token, client_secret: clientSecret, sid })
  return `${publicBaseUrl}${SUBMIT_PATHS[purpose].slice(1)}?${query}`
}

function linkMail(
  purpose: EmailPurpose,
  { appName, subjects }: NonNullable<EmailSessionDeps['mail']>,
  { to, url }: { to: string; url: string },
): Mail {
  return purpose === 'password'
    ? passwordResetMail({ to, url, appName, subject: subjects.passwordReset })
    : validationMail({ to, url, appName, subject: subjects.emailValidation })
}

function linkVoid(): MatrixError {
  return new MatrixError(400, 'M_TOKEN_INCORRECT', 'This link is not valid, or no longer')
}
