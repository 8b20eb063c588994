import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { canonicalJson } from '../canonical-json.ts'
import type { JsonObject } from '../json.ts'
import { ALICE, BOB, CAROL, memberDraft, TestRoom, versions } from './test-room.ts'

function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  return { privateKey, text: raw.toString('base64').replace(/=+$/, '') }
}

const KEY = newKey()
const OTHER = newKey()

function signedFor(mxid: string, key = KEY, token = 'token'): JsonObject {
  const payload = { mxid, token, sender: ALICE }
  const signature = sign(null, Buffer.from(canonicalJson(payload)), key.privateKey)
  return {
    ...payload,
    signatures: { 'id.test': { 'ed25519:0': signature.toString('base64').replace(/=+$/, '') } },
  }
}

const invite = (signed: JsonObject, target = CAROL) =>
  memberDraft(ALICE, 'invite', target, { third_party_invite: { display_name: 'carol', signed } })

function roomWithInvite(version: string, keys: JsonObject = { public_key: KEY.text }): TestRoom {
  const room = new TestRoom(version)
  room.put({ type: 'm.room.third_party_invite', sender: ALICE, stateKey: 'token', content: keys })
  return room
}

for (const version of versions(1)) {
  test(`v${version}: a third-party invite with a good signature is allowed, also when the inviter has left`, () => {
    const room = roomWithInvite(version)

    room.allows(invite(signedFor(CAROL)))
    room.member(ALICE, 'leave').allows(invite(signedFor(CAROL)))
  })
}

test('every listed key counts, in both base64 alphabets, padded or not', () => {
  const url = KEY.text.replaceAll('+', '-').replaceAll('/', '_')
  const lists: JsonObject[] = [
    { public_keys: [{ public_key: OTHER.text }, { public_key: KEY.text }] },
    { public_key: OTHER.text, public_keys: [{ public_key: KEY.text }] },
    { public_key: url },
    { public_key: `${KEY.text}=` },
    { public_key: 'short', public_keys: [7, { public_key: null }, { public_key: KEY.text }] },
  ]
  for (const keys of lists) roomWithInvite('11', keys).allows(invite(signedFor(CAROL)))
})

test('a signature of none of the keys, or none at all, is refused', () => {
  const room = roomWithInvite('11')
  const good = signedFor(CAROL)

  room.refuses(invite(signedFor(CAROL, OTHER)), 'bad-third-party-invite')
  room.refuses(invite({ ...good, signatures: {} }), 'bad-third-party-invite')
  room.refuses(invite({ ...good, signatures: { 'id.test': 'x' } }), 'bad-third-party-invite')
  room.refuses(
    invite({ ...good, signatures: { 'id.test': { 'ed25519:0': 'AAAA' } } }),
    'bad-third-party-invite',
  )
  room.refuses(invite({ ...good, sender: BOB }), 'bad-third-party-invite')
  roomWithInvite('11', {}).refuses(invite(good), 'bad-third-party-invite')
})

test('the signed part is for the target, and of a token somebody made an invite with', () => {
  const room = roomWithInvite('11')
  const { mxid: _mxid, ...noUser } = signedFor(CAROL)
  const { token: _token, ...noToken } = signedFor(CAROL)

  room.refuses(invite(signedFor(BOB)), 'bad-third-party-invite')
  room.refuses(invite(signedFor(CAROL, KEY, 'unknown')), 'bad-third-party-invite')
  room.refuses(invite(noUser), 'bad-third-party-invite')
  room.refuses(invite(noToken), 'bad-third-party-invite')
  room.refuses(
    memberDraft(ALICE, 'invite', CAROL, { third_party_invite: { display_name: 'c' } }),
    'bad-third-party-invite',
  )
  room.refuses(memberDraft(ALICE, 'invite', CAROL, { third_party_invite: null }), 'bad-third-party-invite')
})

test('only who made the third-party invite turns it into an invite', () => {
  const room = roomWithInvite('11').member(BOB, 'join')

  room.refuses({ ...invite(signedFor(CAROL)), sender: BOB }, 'bad-third-party-invite')
})

test('a banned user is not invited by a third-party invite either', () => {
  roomWithInvite('11')
    .member(CAROL, 'ban')
    .refuses(invite(signedFor(CAROL)), 'banned')
})

test('an invite with a heap of signatures is refused before it costs much', () => {
  const forged = Buffer.alloc(64, 1).toString('base64').replace(/=+$/, '')
  const signatures: JsonObject = {}
  for (let i = 0; i < 500; i++) signatures[`s${i}.test`] = { 'ed25519:0': forged }
  const keys = { public_keys: Array.from({ length: 500 }, () => ({ public_key: KEY.text })) }
  const startedMs = performance.now()

  roomWithInvite('11', keys).refuses(invite({ ...signedFor(CAROL), signatures }), 'bad-third-party-invite')

  // 250,000 verifications would take tens of seconds.
  if (performance.now() - startedMs > 5000) throw new Error('every signature was tried with every key')
})
