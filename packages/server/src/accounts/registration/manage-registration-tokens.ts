import { randomInt } from 'node:crypto'
import type { RegistrationToken, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { invalidParam, MatrixError, notFound } from '../../errors.ts'
import { isUsable } from './registration-tokens.ts'

// Spec: CS API §Token-authenticated registration: the opaque identifier grammar.
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-'
const TOKEN = /^[A-Za-z0-9._~-]{1,64}$/
const DEFAULT_LENGTH = 16
const MAX_LENGTH = 64
/** Tries to find a random token nobody has. At the default length the first one does. */
const ATTEMPTS = 20

export interface TokenWish {
  /** Made up if absent. */
  token?: string | undefined
  /** Characters of a token that is made up. */
  length?: unknown
  usesAllowed: number | null
  expiryTs: number | null
}

/** Registration tokens as administrators manage them. Synapse: usage/administration/admin_api/registration_tokens */
export interface ManageRegistrationTokens {
  /** All of them, or only those that can, or cannot, be used now. */
  list(valid: boolean | undefined): Promise<RegistrationToken[]>
  /** Throws 404 `M_NOT_FOUND`. */
  get(token: string): Promise<RegistrationToken>
  /** 400 `M_INVALID_PARAM` for what no token can be, and for one that exists; 500 when no random one is free. */
  create(wish: TokenWish): Promise<RegistrationToken>
  /** `undefined` leaves as it is. Throws 404 `M_NOT_FOUND`. */
  update(
    token: string,
    change: { usesAllowed?: number | null; expiryTs?: number | null },
  ): Promise<RegistrationToken>
  /** Registrations that have shown it may still be finished. Throws 404 `M_NOT_FOUND`. */
  delete(token: string): Promise<void>
}

export function manageRegistrationTokens(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
}): ManageRegistrationTokens {
  const { storage, clock } = deps

  function checkLimits(usesAllowed: number | null | undefined, expiryTs: number | null | undefined): void {
    // Beyond 53 bits a number of JSON is not the one that was written, and beyond 63 it cannot be stored.
    if (typeof usesAllowed === 'number' && (usesAllowed < 0 || !Number.isSafeInteger(usesAllowed)))
      throw invalidParam('uses_allowed must be a non-negative integer or null')
    if (typeof expiryTs === 'number' && !Number.isSafeInteger(expiryTs))
      throw invalidParam('expiry_time must be an integer of at most 53 bits or null')
    if (typeof expiryTs === 'number' && expiryTs < clock.nowMs())
      throw invalidParam('expiry_time must not be in the past')
  }

  function add(token: string, { usesAllowed, expiryTs }: TokenWish): Promise<boolean> {
    return storage.write((tx) => tx.registrationTokens.add({ token, usesAllowed, expiryTs }))
  }

  async function addRandom(wish: TokenWish): Promise<string> {
    const length = lengthOf(wish.length)
    for (let i = 0; i < ATTEMPTS; i++) {
      const token = Array.from({ length }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('')
      if (await add(token, wish)) return token
    }
    throw new MatrixError(500, 'M_UNKNOWN', 'No free registration token was found: ask for a longer one')
  }

  return {
    async list(valid) {
      const tokens = await storage.read.registrationTokens.list()
      const nowMs = clock.nowMs()
      return valid === undefined ? tokens : tokens.filter((token) => isUsable(token, nowMs) === valid)
    },
    async get(token) {
      const known = await storage.read.registrationTokens.find(token)
      if (known === undefined) throw noSuchToken(token)
      return known
    },
    async create(wish) {
      checkLimits(wish.usesAllowed, wish.expiryTs)
      const { token = undefined, usesAllowed, expiryTs } = wish
      if (token !== undefined) {
        if (!TOKEN.test(token))
          throw invalidParam(`token must be 1 to ${MAX_LENGTH} characters out of A-Z, a-z, 0-9 and ._~-`)
        if (!(await add(token, wish))) throw invalidParam(`Token already exists: ${token}`)
      }
      return { token: token ?? (await addRandom(wish)), usesAllowed, pending: 0, completed: 0, expiryTs }
    },
    update(token, change) {
      checkLimits(change.usesAllowed, change.expiryTs)
      return storage.write(async (tx) => {
        const known = await tx.registrationTokens.find(token)
        if (known === undefined) throw noSuchToken(token)
        const { usesAllowed = known.usesAllowed, expiryTs = known.expiryTs } = change
        await tx.registrationTokens.update(token, usesAllowed, expiryTs)
        return { ...known, usesAllowed, expiryTs }
      })
    },
    async delete(token) {
      if (!(await storage.write((tx) => tx.registrationTokens.delete(token)))) throw noSuchToken(token)
    },
  }
}

function lengthOf(length: unknown = DEFAULT_LENGTH): number {
  if (Number.isInteger(length) && (length as number) >= 1 && (length as number) <= MAX_LENGTH)
    return length as number // an integer, so a number
  throw invalidParam(`length must be an integer from 1 to ${MAX_LENGTH}`)
}

const noSuchToken = (token: string) => notFound(`Registration token ${token.slice(0, 100)}`)
