import { availableParallelism } from 'node:os'
import bcrypt from 'bcrypt'
import { badRequest, weakPassword } from '../errors.ts'
import type { PasswordPolicy } from './config.ts'

const MAX_PASSWORD_LENGTH = 512 // Synapse: admin_api/register_api, user_admin_api

/** Hashes and compares passwords, away from the event loop. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Takes as long when there is no hash, so that the time does not tell whether the account exists. */
  verify(hash: string | null, password: string): Promise<boolean>
}

/**
 * bcrypt as Synapse does it: Unicode NFKC, then the pepper, then `$2b$`; only the first 72 bytes count.
 * At most one a core runs at once; there are more threads than that (`bin/node.cjs`), so that flushes and files need not
 * wait for a wave of log-ins. The event loop, which mostly waits, is given the core it asks for before they are.
 */
export function createPasswords(options: { rounds: number; pepper: string; parallel?: number }): Passwords {
  const limited = limit(options.parallel ?? availableParallelism())
  const seasoned = (password: string) => password.normalize('NFKC') + options.pepper
  let decoy: Promise<string> | undefined
  return {
    hash: (password) => limited(() => bcrypt.hash(seasoned(password), options.rounds)),
    async verify(hash, password) {
      decoy ??= limited(() => bcrypt.hash('nobody has this password', options.rounds))
      const stored = hash === null ? await decoy : hash.replace(/^\$2y\$/, '$2b$') // the same algorithm by another name
      const isSame = await limited(() => bcrypt.compare(seasoned(password), stored))
      return isSame && hash !== null
    },
  }
}

/** Runs at most `max` of the functions given to it at once, in the order they came. */
function limit(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running < max) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The place passes on as it is: giving it back first would let a newcomer take it too.
      if (next === undefined) running--
      else next()
    }
  }
}

/** Whether a password can be stored at all. Throws 400 `M_UNKNOWN`. */
export function checkPasswordForm(password: unknown): asserts password is string {
  if (typeof password !== 'string' || password.length > MAX_PASSWORD_LENGTH || password.includes('\0'))
    throw badRequest('Invalid password')
}

/** Throws 400 with the errcode of the first rule a password breaks. Spec: CS API §Password management, `M_WEAK_PASSWORD` */
export function checkPasswordPolicy(policy: PasswordPolicy | null, password: string): void {
  if (policy === null) return
  if ([...password].length < policy.minimumLength)
    throw weakPassword(
      'M_PASSWORD_TOO_SHORT',
      `The password must have at least ${policy.minimumLength} characters`,
    )
  if (policy.requireDigit && !/\p{Nd}/u.test(password))
    throw weakPassword('M_PASSWORD_NO_DIGIT', 'The password must have a digit')
  if (policy.requireSymbol && !/[^\p{L}\p{N}]/u.test(password))
    throw weakPassword('M_PASSWORD_NO_SYMBOL', 'The password must have a symbol')
  if (policy.requireUppercase && !/\p{Lu}/u.test(password))
    throw weakPassword('M_PASSWORD_NO_UPPERCASE', 'The password must have an upper-case letter')
  if (policy.requireLowercase && !/\p{Ll}/u.test(password))
    throw weakPassword('M_PASSWORD_NO_LOWERCASE', 'The password must have a lower-case letter')
}
