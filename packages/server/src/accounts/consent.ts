import { createHmac, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isUserId, localpartOf } from '@ranvier/protocol/ids/user-id'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import type { Environment } from 'nunjucks'
import type { Clock } from '../clock.ts'
import type { ConsentConfig } from '../config/config.ts'
import { forbidden, notFound } from '../errors.ts'

/** The path of the page with the terms. Synapse's. */
export const CONSENT_PATH = '/_matrix/consent'

/** Bots and support agree to nothing. Synapse: handlers/message */
export const NEEDS_NO_CONSENT: ReadonlySet<string | null> = new Set(['bot', 'support'])

/** Who reads the terms, as the link sent to them says; `undefined`: anybody. */
export type ConsentReader = { localpart: string; hash: string } | undefined

/** The terms of this server, and who has agreed to them. Synapse: consent_tracking */
export interface Consent {
  readonly config: ConsentConfig
  /** What `m.login.terms` is explained by. Spec: CS API §Terms of service at registration */
  readonly policies: JsonObject
  /** The page with a version of the terms. 403 when the link is none of ours, 404 for what is not there. */
  show(reader: ConsentReader, version: string | undefined): Promise<string>
  /** Notes that the reader has agreed; what to show then, `undefined` if the operator has no page for it. */
  agree(reader: NonNullable<ConsentReader>, version: string): Promise<string | undefined>
}

export function consent(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  config: ConsentConfig
  serverName: string
  /** Ends with `/`. */
  publicBaseUrl: string
  /** Links are signed with it. */
  secret: string
}): Consent {
  const { storage, clock, config, serverName, publicBaseUrl } = deps
  const folder = join(config.templateDir, 'en')
  // The operator's templates are written for Jinja, whose language this is.
  let loading: Promise<Environment> | undefined
  const load = async () => {
    const { Environment, FileSystemLoader } = (await import('nunjucks')).default
    return new Environment(new FileSystemLoader(folder), { autoescape: true })
  }

  async function accountOf({ localpart, hash }: NonNullable<ConsentReader>) {
    const userId = `@${localpart}:${serverName}`
    if (!isUserId(userId) || !isSame(hash, consentHash(deps.secret, userId)))
      throw forbidden('HMAC incorrect')
    const account = await storage.read.accounts.find(userId)
    if (account === undefined) throw notFound('User')
    return account
  }

  async function render(name: string, values: object): Promise<string> {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) || !existsSync(join(folder, `${name}.html`)))
      throw notFound('Version of the terms')
    loading ??= load()
    return (await loading).render(`${name}.html`, values)
  }

  return {
    config,
    policies: {
      privacy_policy: {
        version: config.version,
        en: { name: config.policyName, url: `${publicBaseUrl}${CONSENT_PATH.slice(1)}?v=${config.version}` },
      },
    },
    async show(reader, version = config.version) {
      const account = reader && (await accountOf(reader))
      return render(version, {
        user: reader?.localpart ?? '',
        userhmac: reader?.hash ?? '',
        version,
        has_consented: account?.consentVersion === version,
        public_version: reader === undefined,
      })
    },
    async agree(reader, version) {
      const { userId } = await accountOf(reader)
      await render(version, {}) // nobody agrees to what is not there
      await storage.write((tx) =>
        tx.accounts.update(userId, { consentVersion: version, consentTs: clock.nowMs() }),
      )
      return existsSync(join(folder, 'success.html')) ? await render('success', {}) : undefined
    },
  }
}

/** The page with the terms for this user, who can agree on it. */
export function consentUri(
  { publicBaseUrl, secret }: { publicBaseUrl: string; secret: string },
  userId: UserId,
): string {
  const query = new URLSearchParams({ u: localpartOf(userId), h: consentHash(secret, userId) })
  return `${publicBaseUrl}${CONSENT_PATH.slice(1)}?${query}`
}

/** Signs the link of a user. Hexadecimal, and of the whole user id, as in Synapse: links made there work here. */
export function consentHash(secret: string, userId: UserId): string {
  return createHmac('sha256', secret).update(userId).digest('hex')
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
