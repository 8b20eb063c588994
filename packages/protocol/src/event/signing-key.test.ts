import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import {
  formatSigningKeyFile,
  generateSigningKey,
  parseSigningKeyFile,
  parseVerifyKey,
  signingKeyFromSeed,
} from './signing-key.ts'

const SEED = 'YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1'

test('the published public key belongs to the published seed', () => {
  const key = signingKeyFromSeed('ed25519:1', decodeBase64(SEED)!)

  assert.equal(key.publicKey, 'XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI')
})

test('a key file in the usual form is read and written back', () => {
  const text = `ed25519 a_Xy1z ${SEED.slice(0, -1)}0\n`

  const keys = parseSigningKeyFile(text)

  assert.deepEqual(
    keys.map((key) => key.keyId),
    ['ed25519:a_Xy1z'],
  )
  assert.equal(formatSigningKeyFile(keys), text)
})

test('a key file may hold several keys, empty lines and Windows line ends', () => {
  const [a, b] = [generateSigningKey(), generateSigningKey()]
  const [first, second] = formatSigningKeyFile([a, b]).trim().split('\n')

  const keys = parseSigningKeyFile(`\n${first}\r\n\n  ${second}=  \n`)

  assert.deepEqual(
    keys.map((key) => [key.keyId, key.publicKey]),
    [
      [a.keyId, a.publicKey],
      [b.keyId, b.publicKey],
    ],
  )
})

test('a bad line is named by its number and never quoted', () => {
  for (const line of [
    'x',
    `rsa 1 ${SEED}`,
    `ed25519 a ${SEED}AAAA`,
    'ed25519 a !!!',
    `ed25519 a-b ${SEED}`,
    `ed25519 a ${SEED} x`,
  ])
    assert.throws(
      () => parseSigningKeyFile(`ed25519 ok ${SEED}\n${line}`),
      (error: Error) => error.message.includes('line 2') && !error.message.includes(SEED.slice(0, 10)),
    )
})

test('generated keys differ, and the given randomness decides them', () => {
  const fixed = (size: number) => new Uint8Array(size).fill(7)

  assert.notEqual(generateSigningKey().publicKey, generateSigningKey().publicKey)
  assert.equal(generateSigningKey(fixed).publicKey, generateSigningKey(fixed).publicKey)
  assert.match(generateSigningKey().keyId, /^ed25519:a_[0-9a-f]{4}$/)
})

test('printing or serialising a key does not show its secret', () => {
  const key = signingKeyFromSeed('ed25519:1', decodeBase64(SEED)!)
  const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key)

  assert.equal(shown.includes(SEED.slice(0, 12)), false)
})

test('only 32 bytes make a key', () => {
  assert.throws(() => signingKeyFromSeed('ed25519:1', new Uint8Array(31)), RangeError)
  assert.throws(() => signingKeyFromSeed('rsa:1', new Uint8Array(32)), RangeError)
  for (const text of ['', 'AAAA', '!', encodeBase64(new Uint8Array(33))])
    assert.equal(parseVerifyKey(text), undefined)
})
