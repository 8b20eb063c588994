import { operations } from '@ranvier/admin-api/openapi/operations'
import { type Client, registerWithSecret, request } from '@ranvier/testkit'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'

/** Who may ask. `nobody` has no token, `ended` one that was once good, `unknown` one that never was. */
export type Caller = 'admin' | 'bob' | 'guest' | 'locked' | 'expired' | 'nobody' | 'unknown' | 'ended'

/** A server with something of every kind, to be asked about it. */
export interface World {
  url: string
  tokens: Readonly<Record<Caller, string | undefined>>
  /** What stands for `{name}`. */
  things: Readonly<Record<string, string>>
}

export interface Answer {
  status: number
  body: { errcode?: string; error?: string; soft_logout?: boolean }
}

/** Builds it through the client API and the admin API, so that it can be built on any server that has both. */
export async function makeWorld(url: string, server: string, secret: string): Promise<World> {
  const admin = await registerWithSecret(url, secret, 'root')
  const make = (name: string) => registerWithSecret(url, secret, name, { admin: false })
  const [bob, carol, locked, expired] = [
    await make('bob'),
    await make('carol'),
    await make('locked'),
    await make('expired'),
  ]
  const guest = await request<{ access_token: string }>(
    url,
    'POST',
    '/_matrix/client/v3/register',
    {},
    { query: { kind: 'guest' } },
  )
  await admin.put(`${V2}/users/${locked.userId}`, { locked: true })
  await admin.post(`${V1}/account_validity/validity`, { user_id: expired.userId, expiration_ts: 1 })
  const ended = await admin.post<{ access_token: string }>(`${V1}/users/${bob.userId}/login`, {
    valid_until_ms: 1,
  })
  await admin.put(`${V2}/users/${carol.userId}`, {
    external_ids: [{ auth_provider: 'p', external_id: 'hers' }],
  })

  const room = await bob.createRoom({ preset: 'public_chat', room_alias_name: 'there' })
  const other = await bob.createRoom({ preset: 'public_chat' })
  const hidden = await bob.createRoom({ preset: 'private_chat' })
  const event = await bob.send(room, 'hello')
  const file = await upload(bob)
  await admin.post(`${V1}/registration_tokens/new`, { token: 'letin' })
  await bob.post(`/_matrix/client/v3/rooms/${encodeURIComponent(room)}/report/${encodeURIComponent(event)}`)
  return {
    url,
    tokens: {
      admin: admin.accessToken,
      bob: bob.accessToken,
      guest: guest.access_token,
      locked: locked.accessToken,
      expired: expired.accessToken,
      ended: ended.access_token,
      unknown: 'syt_never',
      nobody: undefined,
    },
    things: {
      server,
      admin: admin.userId,
      bob: bob.userId,
      carol: carol.userId,
      device: bob.deviceId,
      room,
      other,
      hidden,
      alias: `#there:${server}`,
      event,
      otherEvent: await bob.send(other, 'hello'),
      file,
    },
  }
}

async function upload(by: Client): Promise<string> {
  const answer = await by.post<{ content_uri: string }>('/_matrix/media/v3/upload', { a: 'file' })
  return answer.content_uri.split('/').at(-1)!
}

/** What stands in the paths of calls that succeed, or would if there were such a thing. */
const PARAMS: Readonly<Record<string, string>> = {
  userId: '{bob}',
  roomId: '{room}',
  roomIdOrAlias: '{room}',
  eventId: '{event}',
  deviceId: '{device}',
  serverName: '{server}',
  mediaId: '{file}',
  token: 'letin',
  reportId: '1',
  medium: 'email',
  address: 'bob@example.org',
  provider: 'p',
  externalId: 'hers',
  txnId: 't',
  destination: 'elsewhere',
  redactId: 'none',
  deleteId: 'none',
  purgeId: 'none',
  jobId: 'none',
  tokenId: 'none',
  auditId: '999999',
}

export interface Call {
  params?: Readonly<Record<string, string>> | undefined
  query?: string | undefined
  body?: unknown
  text?: string | undefined
  as?: Caller | undefined
  /** The token in the query too. */
  tokenTwice?: boolean
}

/** Sends a call of the admin API as any program would. */
export async function send(world: World, id: keyof typeof operations, call: Call = {}): Promise<Answer> {
  const { method, path } = operations[id]
  const params = { ...PARAMS, ...call.params }
  const target = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(withThings(world, params[name]!)),
  )
  const token = world.tokens[call.as ?? 'admin']
  const queries = [call.query, call.tokenTwice && `access_token=${token}`].filter(Boolean)
  const content = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body))
  const text = method === 'GET' ? undefined : content
  const answer = await fetch(
    world.url + target + (queries.length > 0 ? `?${withThings(world, queries.join('&'))}` : ''),
    {
      method,
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(text !== undefined && { body: withThings(world, text) }),
      signal: AbortSignal.timeout(30_000),
    },
  )
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

function withThings({ things }: World, text: string): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => things[name] ?? whole)
}
