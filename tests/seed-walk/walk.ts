import assert from 'node:assert/strict'
import { answerProblems, findOperation } from '@ranvier/admin-api/openapi/check-answer'
import { Client, type Ranvier, request } from '@ranvier/testkit'

/** How the page lets a token be given. */
export const WAYS = ['header', 'query'] as const
export type Way = (typeof WAYS)[number]

/** `admin_api.compat` */
export type Compat = '2021' | 'current'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each step looks at what the page says is there
  body: any
}

interface Sent {
  method: string
  path: string
  body: string | undefined
}

/** Somebody who walks through the page of the admin API: sends what it says, as it says it. */
export class Walk {
  readonly server: Ranvier
  readonly admin: Client
  readonly compat: Compat
  /** Every call of the page that was made, once for each operation, with what was sent. */
  readonly sent = new Map<string, Sent>()

  constructor(server: Ranvier, admin: Client, compat: Compat) {
    this.server = server
    this.admin = admin
    this.compat = compat
  }

  /** The full id of a user of the server. */
  id(localpart: string): string {
    return `@${localpart}:${this.server.serverName}`
  }

  /** A truth value as the page shows it in accounts: 0 or 1 for clients of 2021. */
  flag(value: boolean): boolean | 0 | 1 {
    return this.compat === '2021' ? (value ? 1 : 0) : value
  }

  /** Sends one request with the administrator's token. The answer must be as the OpenAPI document describes it. */
  async send(way: Way, method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const plainPath = path.split('?')[0]!
    const operation = findOperation(method, plainPath)
    const answer = await this.raw(method, path, { token: this.admin.accessToken, way, text })
    if (operation !== undefined) {
      this.sent.set(operation, { method, path, body: text })
      assert.deepEqual(answerProblems(operation, answer.status, answer.body), [])
    }
    return answer
  }

  /** A request the page describes, for which it promises success; the answer's JSON. */
  async ok(way: Way, method: string, path: string, body?: unknown) {
    const answer = await this.send(way, method, path, body)
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** The same request with the token in the header and in the query. It changes nothing, so both answers are equal. */
  async get(path: string) {
    const [byHeader, byQuery] = [await this.ok('header', 'GET', path), await this.ok('query', 'GET', path)]
    assert.deepEqual(byQuery, byHeader)
    return byHeader
  }

  /** A request that must be refused. */
  async refused(status: number, errcode: string, method: string, path: string, body?: unknown) {
    const answer = await this.send('header', method, path, body)
    assert.deepEqual([answer.status, answer.body.errcode], [status, errcode])
  }

  /** A request as it goes over the wire: the path is not touched, and the body has no content type unless in a header. */
  async raw(
    method: string,
    path: string,
    { token, way = 'header', text }: { token?: string | undefined; way?: Way; text?: string | undefined },
  ): Promise<Answer> {
    const headers: Record<string, string> = {}
    let target = path
    if (token !== undefined && way === 'header') {
      headers['authorization'] = `Bearer ${token}`
      if (text !== undefined) headers['content-type'] = 'application/json'
    }
    if (token !== undefined && way === 'query')
      target += `${path.includes('?') ? '&' : '?'}access_token=${encodeURIComponent(token)}`
    const answer = await fetch(this.server.url + target, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
    })
    return { status: answer.status, body: await answer.json() }
  }

  /** Makes an account through the page's own call, logged in. */
  async person(localpart: string, account: Record<string, unknown> = {}): Promise<Client> {
    const path = `/_synapse/admin/v2/users/${this.id(localpart)}`
    await this.admin.put(path, { password: `pw-${localpart}`, ...account })
    return Client.logIn(this.server.url, localpart)
  }

  /** A device with an id and a name of one's own. */
  async device(localpart: string, deviceId: string, name: string): Promise<Client> {
    const answer = await request<{ access_token: string }>(
      this.server.url,
      'POST',
      '/_matrix/client/v3/login',
      {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: localpart },
        password: `pw-${localpart}`,
        device_id: deviceId,
        initial_device_display_name: name,
      },
    )
    const userId = this.id(localpart)
    return new Client(this.server.url, { userId, deviceId, accessToken: answer.access_token })
  }
}

type Kind = 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'null'

function kindOf(value: unknown): Kind | string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Each field that is named must be there, with one of its types. */
export function assertFields(object: Record<string, unknown>, fields: Record<string, Kind | Kind[]>): void {
  for (const [name, kinds] of Object.entries(fields)) {
    assert.ok(Object.hasOwn(object, name), `'${name}' is missing in ${JSON.stringify(object)}`)
    const kind = kindOf(object[name])
    assert.ok(
      [kinds].flat().some((each) => each === kind),
      `'${name}' is ${kind}, not ${String(kinds)}`,
    )
  }
}

/** Within a minute of now. */
export function assertRecentMs(value: unknown): void {
  assert.equal(kindOf(value), 'integer')
  assert.ok(Math.abs(Number(value) - Date.now()) < 60_000, `${value} is not now, in ms`)
}
