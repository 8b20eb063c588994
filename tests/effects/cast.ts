import assert from 'node:assert/strict'
import { Client, MatrixRequestError, type SyncResponse } from '@ranvier/testkit'

export const CLIENT = '/_matrix/client/v3'
export const V1 = '/_synapse/admin/v1'
export const V2 = '/_synapse/admin/v2'
export const enc = encodeURIComponent

export const inRoom = (roomId: string, rest: string): string => `${CLIENT}/rooms/${enc(roomId)}/${rest}`
export const v1User = (userId: string, rest: string): string => `${V1}/users/${enc(userId)}/${rest}`
export const v2User = (userId: string, rest?: string): string =>
  `${V2}/users/${enc(userId)}${rest === undefined ? '' : `/${rest}`}`

/** What was answered, in short: `200`, or status and errcode. */
export async function outcome(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return '200'
  } catch (error) {
    if (error instanceof MatrixRequestError) return `${error.status} ${error.errcode}`
    throw error
  }
}

/** The body of a refusal. */
export async function refusal(request: Promise<unknown>): Promise<Record<string, unknown>> {
  return request.then(
    (answer) => assert.fail(`was not refused: ${JSON.stringify(answer)}`),
    (error: unknown) => {
      if (error instanceof MatrixRequestError) return error.body as Record<string, unknown>
      throw error
    },
  )
}

/** Who is in the room, as a member of it sees it. */
export async function joinedMembers(
  viewer: Client,
  roomId: string,
): Promise<Record<string, { display_name?: string | null; avatar_url?: string | null }>> {
  return (await viewer.get<{ joined: Record<string, object> }>(inRoom(roomId, 'joined_members'))).joined
}

/** The content of someone's present member event, `undefined` without one. */
export async function memberContent(
  viewer: Client,
  roomId: string,
  userId: string,
): Promise<Record<string, unknown> | undefined> {
  const path = inRoom(roomId, `state/m.room.member/${enc(userId)}`)
  return viewer.get(path).catch((error: unknown) => {
    if (error instanceof MatrixRequestError && error.status === 404) return undefined
    throw error
  })
}

/** Waits for the news that someone's membership in the room is this one. */
export function seesMembership(
  viewer: Client,
  {
    roomId,
    userId,
    membership,
    since,
  }: { roomId: string; userId: string; membership: string; since: string },
): Promise<string> {
  return viewer.syncUntil(
    (answer) => {
      const news = answer.rooms?.join?.[roomId]
      const events = [...(news?.state?.events ?? []), ...(news?.timeline?.events ?? [])]
      return events.some(
        (event) =>
          event.type === 'm.room.member' &&
          event.state_key === userId &&
          event.content['membership'] === membership,
      )
    },
    { since },
  )
}

/** The texts of a room as someone may read them, oldest first; `null` where the content is gone. */
export async function readTexts(viewer: Client, roomId: string): Promise<(string | null)[]> {
  return (await viewer.history(roomId))
    .filter(({ type }) => type === 'm.room.message')
    .map(({ content }) => (content['body'] as string | undefined) ?? null)
}

/**
 * Of whom a sync says that the known devices are out of date: they changed, or no room is shared any more, which of
 * the two depending on whether the user has left the rooms already.
 */
export function outdatedDevices(answer: SyncResponse): string[] {
  const { device_lists: lists } = answer as { device_lists?: { changed?: string[]; left?: string[] } }
  return [...(lists?.changed ?? []), ...(lists?.left ?? [])]
}

/** Publishes keys for the client's device: identity keys and one one-time key. What is signed is of no matter here. */
export async function uploadKeys(client: Client): Promise<void> {
  const { userId, deviceId } = client
  await client.post(`${CLIENT}/keys/upload`, {
    device_keys: {
      user_id: userId,
      device_id: deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2'],
      keys: { [`curve25519:${deviceId}`]: 'A'.repeat(43), [`ed25519:${deviceId}`]: 'B'.repeat(43) },
      signatures: { [userId]: { [`ed25519:${deviceId}`]: 'C'.repeat(86) } },
    },
    one_time_keys: {
      'signed_curve25519:AAAA': {
        key: 'D'.repeat(43),
        signatures: { [userId]: { [`ed25519:${deviceId}`]: 'E'.repeat(86) } },
      },
    },
  })
}

/** Acts as the user with a puppet token: it has no device, and works when the user's own tokens do not. */
export async function actAs(admin: Client, user: Client): Promise<Client> {
  const { access_token: accessToken } = await admin.post<{ access_token: string }>(
    v1User(user.userId, 'login'),
  )
  return new Client(user.url, { userId: user.userId, deviceId: '', accessToken })
}
