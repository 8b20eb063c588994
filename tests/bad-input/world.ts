import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import type { Client, Ranvier } from '@ranvier/testkit'

export interface Endpoint {
  method: string
  path: string
  query?: string[]
  body?: Record<string, unknown>
}

const read = (name: string): Endpoint[] =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as Endpoint[]

/** These take the token or the account away from whoever calls them. */
const ENDS_THE_SESSION = ['/logout', '/logout/all', '/refresh']

export const clientEndpoints = read('client-server').filter(
  ({ path }) => !ENDS_THE_SESSION.some((end) => path.endsWith(end)),
)
export const adminEndpoints = read('admin')

export interface Answer {
  status: number
  text: string
  json: Record<string, unknown>
}

const agent = new Agent({ keepAlive: true })

/** Sends exactly these bytes to exactly this path: `fetch` would tidy the path up, and takes twice the work. */
export async function send(
  url: string,
  method: string,
  path: string,
  {
    token,
    body,
    headers = {},
  }: { token?: string; body?: string | Uint8Array; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const sent = request({
    hostname,
    port,
    agent,
    method,
    path,
    headers: {
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    signal: AbortSignal.timeout(20_000),
  })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const text = await textOf(answer)
  let json: Record<string, unknown> = {}
  try {
    json = JSON.parse(text) as Record<string, unknown>
  } catch {
    // Not every answer is JSON (media, redirects).
  }
  return { status: answer.statusCode!, text, json }
}

/** The answer is a success or a proper refusal: any 4xx has an errcode of the specification's form, and none is a 5xx. */
export function checkCivil(answer: Answer, request: string): void {
  const what = `${request} → ${answer.status} ${answer.text.slice(0, 300)}`
  // 502 and 504 are how a server says that another one did not answer, 501 that it lacks what was asked for.
  assert.ok(answer.status < 500 || [501, 502, 504].includes(answer.status), what)
  if (answer.status < 400) return
  // Spec: CS API §User-interactive authentication. Asking for a stage is no error and has no errcode.
  if (answer.status === 401 && Array.isArray(answer.json['flows'])) return
  assert.match(String(answer.json['errcode']), /^[A-Z]+(_[A-Z0-9]+)+$/, what)
  assert.notEqual(answer.json['errcode'], 'M_UNKNOWN_TOKEN', what)
}

/** A server with an administrator, two users, two rooms and an event: what paths are filled with. */
export interface World {
  server: Ranvier
  url: string
  admin: Client
  alice: Client
  bob: Client
  roomId: string
  eventId: string
  params: Record<string, string>
}

export async function makeWorld(server: Ranvier): Promise<World> {
  const admin = await server.registerAdmin()
  const alice = await server.register('alice')
  const bob = await server.register('bob')
  const roomId = await alice.createRoom({ preset: 'public_chat', name: 'Room' })
  const otherRoomId = await admin.createRoom({ preset: 'public_chat' })
  const eventId = await alice.send(roomId, 'hello')
  const params = {
    userId: alice.userId,
    otherUserId: bob.userId,
    nobody: `@nobody:${server.serverName}`,
    roomId,
    otherRoomId,
    roomIdOrAlias: roomId,
    roomAlias: `#nothing:${server.serverName}`,
    eventId,
    serverName: server.serverName,
    deviceId: alice.deviceId,
    eventType: 'm.room.message',
    stateKey: '',
    relType: 'm.annotation',
    receiptType: 'm.read',
    filterId: '0',
    keyName: 'displayname',
    kind: 'room',
    ruleId: roomId,
    attr: 'enabled',
    attribute: 'enabled',
    medium: 'email',
    protocol: 'irc',
    tag: 'u.work',
    type: 'm.direct',
  }
  return { server, url: server.url, admin, alice, bob, roomId, eventId, params }
}

let unique = 0

/** The path with its parameters filled in, percent-encoded; `replaced` stands in for one of them. */
export function fillPath(
  path: string,
  params: Record<string, string>,
  replaced: Record<string, string> = {},
): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(replaced[name] ?? params[name] ?? (name.includes('xn') ? `txn${++unique}` : 'x')),
  )
}
