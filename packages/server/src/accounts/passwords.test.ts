import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswords } from './passwords.ts'

test('hashes are bcrypt as Synapse writes and reads it', async () => {
  const passwords = createPasswords({ rounds: 4, pepper: '' })
  const hash = await passwords.hash('pässwörd')

  assert.match(hash, /^\$2b\$04\$.{53}$/)
  assert.equal(await passwords.verify(hash, 'pa\u0308sswo\u0308rd'), true, 'normalised alike')
  assert.equal(await passwords.verify(hash, 'passwort'), false)
  assert.equal(await passwords.verify(hash.replace('$2b$', '$2y$'), 'pässwörd'), true)
  assert.equal(await passwords.verify(null, 'nobody has this password'), false)
})

test('the pepper is part of the password', async () => {
  const peppered = createPasswords({ rounds: 4, pepper: 'salt and' })
  const plain = createPasswords({ rounds: 4, pepper: '' })
  const hash = await peppered.hash('x')

  assert.equal(await peppered.verify(hash, 'x'), true)
  assert.equal(await plain.verify(hash, 'x'), false)
  assert.equal(await plain.verify(hash, 'xsalt and'), true)
})

test('many at once are all answered', async () => {
  const passwords = createPasswords({ rounds: 4, pepper: '', parallel: 2 })
  const hash = await passwords.hash('right')

  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) => passwords.verify(hash, i % 2 === 0 ? 'right' : 'wrong')),
  )

  assert.deepEqual(answers, [true, false, true, false, true, false, true, false, true])
})
