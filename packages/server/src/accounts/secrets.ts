import { hash, randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Tokens as Synapse shapes them, `syt_<localpart>_<random>_<checksum>`: secret scanners know the form, and a log line
 * with one in it shows whose it is. The 20 letters are 114 random bits.
 */
export function makeAccessToken(userId: UserId): string {
  return withChecksum(`syt_${Buffer.from(localpartOf(userId)).toString('base64url')}_${randomLetters(20)}`)
}

export function makeRefreshToken(userId: UserId): string {
  return withChecksum(`syr_${Buffer.from(localpartOf(userId)).toString('base64url')}_${randomLetters(20)}`)
}

/** A token for one `m.login.token` log-in. */
export function makeLoginToken(): string {
  return withChecksum(`syl_${randomLetters(20)}`)
}

/** What is stored of a token. Tokens are random, so a plain hash keeps them from who reads the database. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** Ten capital letters. Spec: CS API §Relationship between access tokens and devices */
export function makeDeviceId(): string {
  return randomFrom(LETTERS.slice(0, 26), 10)
}

export function randomLetters(length: number): string {
  return randomFrom(LETTERS, length)
}

/** A localpart nobody else is likely to have: digits for guests, as only theirs may be numbers. */
export function makeLocalpart(kind: 'guest' | 'user'): string {
  return kind === 'guest'
    ? String(randomInt(1_000_000_000, 2 ** 47))
    : randomFrom(LETTERS.slice(26), 1) + randomBytes(6).toString('hex')
}

function randomFrom(alphabet: string, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[randomInt(alphabet.length)]
  return text
}

function withChecksum(base: string): string {
  let rest = crc32(base)
  let digits = ''
  for (; rest > 0; rest = Math.floor(rest / 62)) digits = BASE62[rest % 62] + digits
  return `${base}_${digits.padStart(6, '0')}`
}
