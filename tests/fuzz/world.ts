import { createHmac } from 'node:crypto'
import { type Client, type Ranvier, request } from '@ranvier/testkit'

const ADMIN = '/_synapse/admin'
const RANVIER = '/_ranvier/admin/v1'
const LIVE = new Set(['scheduled', 'active'])
const enc = encodeURIComponent
/** A nonce is used up by whatever is sent with it. */
const NONCES = 100

/** Somebody who calls, and what every call that needs an administrator must be answered. */
export interface Caller {
  name: string
  headers: readonly string[]
  query: string
  /** `undefined`: an administrator. */
  refusal: { status: number; errcode: string } | undefined
  /** Work over all accounts may be locking this one, or logging it out, at any time. */
  mayBeGone: boolean
}

/** Things that exist on the server, by the names the document has for them: `userId`, `roomId`, `token`, … */
export type Things = Record<string, string[]>

/** A server with an administrator who is never touched, and accounts, rooms and files that requests may break. */
export class World {
  readonly server: Ranvier
  readonly admin: Client
  callers: readonly Caller[] = []
  things: Things = {}
  #nonces: string[] = []
  #made = 0

  private constructor(server: Ranvier, admin: Client) {
    this.server = server
    this.admin = admin
  }

  static async create(server: Ranvier): Promise<World> {
    return new World(server, await server.registerAdmin('root'))
  }

  async #makeCallers(mayBeGone: boolean): Promise<readonly Caller[]> {
    const { server, admin } = this
    const bystander = await server.register(`bystander${this.#made}`)
    const locked = await server.register(`locked${this.#made}`)
    const loginAs = (body: Record<string, unknown>) =>
      admin.post<{ access_token: string }>(`${ADMIN}/v1/users/${enc(bystander.userId)}/login`, body)
    const { access_token: puppet } = await loginAs({})
    const { access_token: expired } = await loginAs({ valid_until_ms: Date.now() + 1 })
    await admin.put(`${ADMIN}/v2/users/${enc(locked.userId)}`, { locked: true })
    const { access_token: guest } = await request<{ access_token: string }>(
      server.url,
      'POST',
      '/_matrix/client/v3/register?kind=guest',
      {},
    )
    const tokens = { admin: admin.accessToken, user: bystander.accessToken, puppet, expired, guest }
    return callersOf({ ...tokens, locked: locked.accessToken }, mayBeGone)
  }

  /** Ends what requests have begun over all accounts: those who call next are among them. */
  async #endBulkJobs(): Promise<void> {
    const jobs = `${RANVIER}/bulk_jobs`
    await this.admin.post(`${ADMIN}/v1/background_updates/enabled`, { enabled: true })
    for (let from = ''; ; ) {
      const page = await this.admin.get<{
        jobs: { job_id: string; status: string }[]
        next_token?: string
      }>(`${jobs}?limit=100${from}`)
      for (const { job_id: id, status } of page.jobs)
        if (LIVE.has(status)) await this.admin.post(`${jobs}/${id}/cancel`, {})
      if (page.next_token === undefined) break
      from = `&from=${enc(page.next_token)}`
    }
  }

  /**
   * Makes new accounts with everything an account can have, in place of those that requests have broken by now.
   * `bulkJobs`: the next requests may begin work over all accounts.
   */
  async refresh({ bulkJobs = false } = {}): Promise<void> {
    const n = ++this.#made
    const { server, admin } = this
    await this.#endBulkJobs()
    this.callers = await this.#makeCallers(bulkJobs)
    const [victim, other] = await Promise.all([server.register(`v${n}`), server.register(`o${n}`)])
    const roomId = await victim.createRoom({ preset: 'public_chat', name: `Room ${n}`, topic: 'fuzzing' })
    await other.join(roomId)
    const [eventId, mediaId, { token }, { redact_id: redactId }] = await Promise.all([
      victim.send(roomId, 'hello'),
      upload(victim),
      admin.post<{ token: string }>(`${ADMIN}/v1/registration_tokens/new`, { token: `token${n}` }),
      admin.post<{ redact_id: string }>(`${ADMIN}/v1/user/${enc(other.userId)}/redact`, { rooms: [] }),
    ])
    const deletedRoomId = await other.createRoom()
    const { delete_id: deleteId } = await admin.delete<{ delete_id: string }>(
      `${ADMIN}/v2/rooms/${enc(deletedRoomId)}`,
      { purge: false },
    )
    const address = `v${n}@example.com`
    const externalId = `external-${n}`
    await admin.put(`${ADMIN}/v2/users/${enc(victim.userId)}`, {
      threepids: [{ medium: 'email', address }],
      external_ids: [{ auth_provider: 'oidc-test', external_id: externalId }],
    })
    await victim.put(`/_matrix/client/v3/user/${enc(victim.userId)}/account_data/com.example`, { n })
    this.things = {
      userId: [victim.userId, other.userId, `@nobody${n}:${server.serverName}`, '@someone:remote.test'],
      roomId: [roomId, deletedRoomId, `!nothing${n}:${server.serverName}`],
      eventId: [eventId],
      deviceId: [victim.deviceId, other.deviceId, 'NEWDEVICE'],
      mediaId: [mediaId],
      serverName: [server.serverName, 'remote.test'],
      token: [token],
      redactId: [redactId],
      provider: ['oidc-test'],
      externalId: [externalId],
      medium: ['email', 'msisdn'],
      address: [address],
      username: [`v${n}`, ...Array.from({ length: 50 }, (_, i) => `new${n}-${i}`)],
      user_type: ['bot', 'support'],
      job_name: ['regenerate_directory', 'populate_stats_process_rooms'],
      deleteId: [deleteId],
      type: ['m.room.name'],
      // They are counted, so there are as many as times we were here.
      reportId: [String(n), String(n - 1)],
    }
    await report(other, roomId, eventId, victim.userId)
    while (this.#nonces.length < NONCES) this.#nonces.push(await getNonce(server.url))
  }

  /** Signs a body for the registration with the shared secret. Synapse: admin_api/register_api */
  sign(body: Record<string, unknown>): void {
    const nonce = this.#nonces.pop() ?? 'used up'
    const fields = [nonce, body['username'], body['password'], body['admin'] === true ? 'admin' : 'notadmin']
    if (typeof body['user_type'] === 'string') fields.push(body['user_type'])
    const mac = createHmac('sha1', this.server.registrationSecret)
      .update(fields.map(textOf).join('\0'))
      .digest('hex')
    Object.assign(body, { nonce, mac })
  }
}

function callersOf(
  tokens: Record<'admin' | 'user' | 'puppet' | 'expired' | 'locked' | 'guest', string>,
  mayBeGone: boolean,
): Caller[] {
  const refusal = (status: number, errcode: string) => ({ status, errcode })
  const bearer = (token: string) => ['authorization', `Bearer ${token}`]
  const missing = refusal(401, 'M_MISSING_TOKEN')
  const caller = (
    name: string,
    refused: Caller['refusal'],
    headers: string[],
    query: string | undefined = undefined,
  ): Caller => ({
    name,
    headers,
    query: query === undefined ? '' : `access_token=${query}`,
    refusal: refused,
    mayBeGone: mayBeGone && refused !== undefined,
  })
  // Synapse: the answers of `auth.get_access_token_from_request` and of `assert_requester_is_admin`.
  return [
    caller('administrator', undefined, bearer(tokens.admin)),
    caller('administrator by query', undefined, [], tokens.admin),
    caller('nobody', missing, []),
    caller('both places', missing, bearer(tokens.admin), tokens.admin),
    caller('two headers', missing, [...bearer(tokens.admin), ...bearer(tokens.admin)]),
    caller('Basic', missing, ['authorization', `Basic ${tokens.admin}`]),
    caller('Bearer alone', missing, ['authorization', 'Bearer']),
    caller('garbage', refusal(401, 'M_UNKNOWN_TOKEN'), bearer('garbage')),
    caller('NUL in the query', refusal(401, 'M_UNKNOWN_TOKEN'), [], 'a%00b'),
    caller('bad UTF-8', refusal(401, 'M_UNKNOWN_TOKEN'), [], '%FF%ED%A0%80'),
    caller('long token', refusal(401, 'M_UNKNOWN_TOKEN'), bearer('x'.repeat(5_000))),
    caller('expired token', refusal(401, 'M_UNKNOWN_TOKEN'), bearer(tokens.expired)),
    caller('locked user', refusal(401, 'M_USER_LOCKED'), bearer(tokens.locked)),
    caller('user', refusal(403, 'M_FORBIDDEN'), bearer(tokens.user)),
    caller('guest', refusal(403, 'M_GUEST_ACCESS_FORBIDDEN'), bearer(tokens.guest)),
    caller('puppet of a user', refusal(403, 'M_FORBIDDEN'), bearer(tokens.puppet)),
  ]
}

/** What a broken body has in the place of a text is signed as none. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

async function getNonce(url: string): Promise<string> {
  return (await request<{ nonce: string }>(url, 'GET', `${ADMIN}/v1/register`)).nonce
}

async function upload(client: Client): Promise<string> {
  const answer = await fetch(`${client.url}/_matrix/media/v3/upload?filename=a.txt`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.accessToken}`, 'content-type': 'text/plain' },
    body: `a file of ${client.userId}`,
  })
  const { content_uri: uri } = (await answer.json()) as { content_uri: string }
  return uri.slice(uri.lastIndexOf('/') + 1)
}

async function report(client: Client, roomId: string, eventId: string, userId: string): Promise<void> {
  const reports = [`rooms/${enc(roomId)}/report/${enc(eventId)}`, `users/${enc(userId)}/report`]
  for (const path of reports) await client.post(`/_matrix/client/v3/${path}`, { reason: 'fuzzing' })
}
