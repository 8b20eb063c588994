/** What encrypting clients do in tests, each step waiting for what it needs rather than for time to pass. */
import assert from 'node:assert/strict'
import * as sdk from 'matrix-js-sdk'
import {
  type CryptoCallbacks,
  CryptoEvent,
  type GeneratedSecretStorageKey,
  type ShowSasCallbacks,
  VerificationPhase,
  type VerificationRequest,
  VerificationRequestEvent,
  type Verifier,
  VerifierEvent,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { RustBackupManager } from 'matrix-js-sdk/lib/rust-crypto/backup.js'
import { membershipIn, texts, until } from './sdk-client.ts'

// Clients wait some seconds before they back up, so that not all of them do at once: there is only one here.
Object.assign(RustBackupManager, { maxBackupLoopStartDelayMillis: 0 })

const ENCRYPTED: sdk.ICreateRoomStateEvent = {
  type: 'm.room.encryption',
  state_key: '',
  content: { algorithm: 'm.megolm.v1.aes-sha2' },
}

/** An encrypted room of two; both have seen each other in it, and know for whose devices to encrypt. `devices` are alice's. */
export async function meet(
  alice: sdk.MatrixClient,
  bob: sdk.MatrixClient,
  { devices = 1 }: { devices?: number } = {},
): Promise<string> {
  const { room_id: roomId } = await alice.createRoom({
    preset: sdk.Preset.TrustedPrivateChat,
    is_direct: true,
    invite: [bob.getUserId()!],
    initial_state: [ENCRYPTED],
  })
  await until(() => membershipIn(bob, roomId) === 'invite', bob, sdk.RoomEvent.MyMembership)
  await bob.joinRoom(roomId)
  await until(() => membershipIn(bob, roomId) === 'join', bob, sdk.RoomEvent.MyMembership)
  const bobJoined = () => alice.getRoom(roomId)?.getMember(bob.getUserId()!)?.membership === 'join'
  await until(bobJoined, alice, sdk.RoomStateEvent.Members)
  for (const client of [alice, bob]) {
    assert.equal(await client.getCrypto()!.isEncryptionEnabledInRoom(roomId), true)
  }
  await untilKnowsDevices(alice, bob.getUserId()!, 1)
  await untilKnowsDevices(bob, alice.getUserId()!, devices)
  return roomId
}

/** Waits until the client could decrypt these messages, and no others. */
export async function reads(client: sdk.MatrixClient, roomId: string, expected: string[]): Promise<void> {
  const isThere = () => texts(client, roomId).length >= expected.length
  await until(isThere, client, sdk.MatrixEventEvent.Decrypted)
  assert.deepEqual(texts(client, roomId), expected)
}

/** What the server has of an event: never the text. */
export async function assertStoredEncrypted(
  client: sdk.MatrixClient,
  roomId: string,
  eventId: string,
): Promise<void> {
  const event = await client.fetchRoomEvent(roomId, eventId)
  assert.equal(event.type, 'm.room.encrypted')
  assert.equal(event.content!['body'], undefined)
}

/** Makes cross-signing keys, with the password when the server asks for it; whether it asked. */
export async function makeCrossSigningKeys(
  client: sdk.MatrixClient,
  { again = false, password = `pw-${client.getUserIdLocalpart()}` } = {},
): Promise<boolean> {
  let asked = false
  await client.getCrypto()!.bootstrapCrossSigning({
    setupNewCrossSigning: again,
    async authUploadDeviceSigningKeys(makeRequest) {
      const challenge = await makeRequest(null).then(
        () => undefined,
        (error: sdk.MatrixError) => error,
      )
      if (challenge === undefined) return
      assert.equal(challenge.httpStatus, 401)
      asked = true
      await makeRequest({
        type: sdk.AuthType.Password,
        identifier: { type: 'm.id.user', user: client.getUserId()! },
        password,
        session: challenge.data['session'] as string,
      })
    },
  })
  return asked
}

/** The two ends of a verification compare their symbols, find them equal and say so. */
export async function compareSymbols(request: VerificationRequest, asked: sdk.MatrixClient): Promise<void> {
  const theirs = await incomingRequest(asked, request)
  await theirs.accept()
  await until(() => request.phase === VerificationPhase.Ready, request, VerificationRequestEvent.Change)
  const verifier = await request.startVerification('m.sas.v1')
  await until(() => theirs.verifier !== undefined, theirs, VerificationRequestEvent.Change)
  const ends = [verifier, theirs.verifier!]
  const done = Promise.all(ends.map((end) => end.verify()))
  const [first, second] = await Promise.all(ends.map(symbolsOf))
  assert.equal(first!.sas.emoji?.length, 7)
  assert.deepEqual(first!.sas, second!.sas)
  // One after the other, as two people do: what a device sends at the same time may arrive in another order.
  await first!.confirm()
  await second!.confirm()
  await done
  for (const end of [request, theirs])
    await until(() => end.phase === VerificationPhase.Done, end, VerificationRequestEvent.Change)
}

const incoming = new WeakMap<sdk.MatrixClient, VerificationRequest[]>()

/** Notes the verifications others ask this client for. */
export function listen(client: sdk.MatrixClient): sdk.MatrixClient {
  const requests: VerificationRequest[] = []
  incoming.set(client, requests)
  client.on(CryptoEvent.VerificationRequestReceived, (request) => void requests.push(request))
  return client
}

async function incomingRequest(
  client: sdk.MatrixClient,
  theirs: VerificationRequest,
): Promise<VerificationRequest> {
  const find = () => incoming.get(client)!.find((request) => request.transactionId === theirs.transactionId)
  await until(() => find() !== undefined, client, CryptoEvent.VerificationRequestReceived)
  return find()!
}

async function symbolsOf(verifier: Verifier): Promise<ShowSasCallbacks> {
  await until(() => verifier.getShowSasCallbacks() !== null, verifier, VerifierEvent.ShowSas)
  return verifier.getShowSasCallbacks()!
}

/** Whether `client` trusts a device because its owner, whom it trusts, signed it. */
export const trusts = async (client: sdk.MatrixClient, userId: string, deviceId: string) =>
  (await client.getCrypto()!.getDeviceVerificationStatus(userId, deviceId))?.crossSigningVerified === true

export const untilTrusts = (client: sdk.MatrixClient, of: sdk.MatrixClient) =>
  until(
    () => trusts(client, of.getUserId()!, of.getDeviceId()!),
    client,
    // A device becomes trusted with a signature on it, or with the keys that made one.
    CryptoEvent.DevicesUpdated,
    CryptoEvent.UserTrustStatusChanged,
  )

/** Waits until `client` knows the keys of that many devices of someone. */
export const untilKnowsDevices = (client: sdk.MatrixClient, userId: string, count: number) =>
  until(
    async () => (await client.getCrypto()!.getUserDeviceInfo([userId])).get(userId)?.size === count,
    client,
    CryptoEvent.DevicesUpdated,
  )

/**
 * Waits until a new device knows the cross-signing keys and other devices of its own user: without them it can neither
 * ask for verification nor use the secrets it is given. Element asks for them too when it has logged in.
 */
export async function untilKnowsOwnKeys(client: sdk.MatrixClient): Promise<void> {
  const userId = client.getUserId()!
  assert.equal(await client.getCrypto()!.userHasCrossSigningKeys(userId, true), true)
}

/** A device that can open its user's secret storage once it knows `holder.key`. */
export const withSecretStorage = (holder: { key?: GeneratedSecretStorageKey }): CryptoCallbacks => ({
  getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0]!, holder.key!.privateKey],
})
