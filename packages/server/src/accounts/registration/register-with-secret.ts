import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { badRequest, MatrixError } from '../../errors.ts'
import type { AccountsConfig } from '../config.ts'
import type { DeviceWish } from '../sessions/sessions.ts'
import type { NewDisplayname } from './create-account.ts'
import type { Register, Registered } from './register.ts'

const NONCE_LIFETIME_MS = 60_000 // Synapse: admin_api/register_api
const MAX_NONCES = 100_000

export interface SecretRegistration {
  nonce: string
  username: string
  password: string
  admin: boolean
  userType: string | null | undefined
  displayname: NewDisplayname
  mac: string
  device: DeviceWish | null
}

/** Registration for who knows the shared secret: `register_new_matrix_user` and the like. */
export interface SecretRegistrations {
  /** A nonce for one attempt within 60 s. */
  issueNonce(): string
  /** Throws 400 `M_UNKNOWN` when no secret is configured. */
  checkEnabled(): void
  /** Takes the nonce out. 400 `M_UNKNOWN` when it is unknown, expired or was used before. */
  takeNonce(nonce: string): void
  /** Checks the MAC and makes the account. 403 `M_UNKNOWN` for a wrong MAC, 400 for the name. */
  register(registration: SecretRegistration): Promise<Registered>
}

export function secretRegistrations(deps: {
  clock: Clock
  config: Pick<AccountsConfig, 'registrationSharedSecret'>
  register: Register
}): SecretRegistrations {
  // In the order they expire, which is the order they were issued in.
  const expiries = new Map<string, number>()

  function dropExpired(): void {
    const nowMs = deps.clock.nowMs()
    for (const [nonce, expiresMs] of expiries) {
      if (expiresMs > nowMs && expiries.size <= MAX_NONCES) return
      expiries.delete(nonce)
    }
  }

  function secret(): string {
    const { registrationSharedSecret } = deps.config
    if (registrationSharedSecret === null) throw badRequest('Shared secret registration is not enabled')
    return registrationSharedSecret
  }

  return {
    issueNonce() {
      const nonce = randomBytes(64).toString('hex')
      expiries.set(nonce, deps.clock.nowMs() + NONCE_LIFETIME_MS)
      dropExpired()
      return nonce
    },
    checkEnabled: () => void secret(),
    takeNonce(nonce) {
      dropExpired()
      if (!expiries.delete(nonce)) throw badRequest('unrecognised nonce')
    },
    register({ mac, nonce, username, password, admin, userType, displayname, device }) {
      const expected = registrationMac(secret(), {
        nonce,
        username,
        password,
        admin,
        userType: userType ?? '',
      })
      if (!isSame(expected, mac)) throw new MatrixError(403, 'M_UNKNOWN', 'HMAC incorrect')
      const localpart = username.toLowerCase()
      return deps.register({ localpart, password, admin, userType, displayname, device })
    },
  }
}

/** The proof that somebody knows the shared secret, in lower-case hex. Synapse: admin_api/register_api */
export function registrationMac(
  secret: string,
  of: { nonce: string; username: string; password: string; admin: boolean; userType: string },
): string {
  const parts = [of.nonce, of.username, of.password, of.admin ? 'admin' : 'notadmin']
  if (of.userType !== '') parts.push(of.userType)
  return createHmac('sha1', secret).update(parts.join('\0')).digest('hex')
}

function isSame(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}
