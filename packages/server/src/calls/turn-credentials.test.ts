import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { MatrixError } from '../errors.ts'
import { turnServer } from './turn-credentials.ts'

const alice = { userId: '@alice:test' as UserId, isGuest: false }
const uris = ['turn:turn.example.com?transport=udp']

test('with a shared secret each user gets a password that the TURN server can check, and that ends', () => {
  const turn = { uris, credentials: { secret: 'hush' }, lifetimeMs: 3_600_000, allowGuests: true }
  const server = turnServer(turn, alice, 1_000_000_500)!
  assert.deepEqual([server.username, server.ttl, server.uris], ['1003600:@alice:test', 3600, uris])
  assert.equal(server.password, createHmac('sha1', 'hush').update(server.username).digest('base64'))
})

test('a fixed user name is given as it is; guests may be refused; no servers is no answer', () => {
  const credentials = { username: 'u', password: 'p' }
  const turn = { uris, credentials, lifetimeMs: 60_000, allowGuests: false }
  assert.deepEqual(turnServer(turn, alice, 0), { username: 'u', password: 'p', ttl: 60, uris })
  assert.throws(
    () => turnServer(turn, { ...alice, isGuest: true }, 0),
    (error) => error instanceof MatrixError && error.errcode === 'M_GUEST_ACCESS_FORBIDDEN',
  )
  assert.equal(turnServer(null, alice, 0), undefined)
})
