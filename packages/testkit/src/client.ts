import { MatrixRequestError } from './matrix-error.ts'

type Body = Record<string, unknown> | undefined

export interface RequestOptions {
  /** `null` leaves the token out. Default: the client's own. */
  accessToken?: string | null
  query?: Record<string, string | number | boolean | undefined>
  signal?: AbortSignal
}

export interface ClientEvent {
  type: string
  event_id: string
  sender: string
  room_id?: string
  state_key?: string
  origin_server_ts: number
  content: Record<string, unknown>
  unsigned?: Record<string, unknown>
}

export interface SyncResponse {
  next_batch: string
  rooms?: {
    join?: Record<
      string,
      {
        timeline?: { events: ClientEvent[]; limited?: boolean; prev_batch?: string }
        state?: { events: ClientEvent[] }
        ephemeral?: { events: { type: string; content: Record<string, unknown> }[] }
        account_data?: { events: { type: string; content: Record<string, unknown> }[] }
      }
    >
    invite?: Record<string, { invite_state: { events: ClientEvent[] } }>
    leave?: Record<string, { timeline?: { events: ClientEvent[] } }>
  }
  to_device?: { events: { type: string; sender: string; content: Record<string, unknown> }[] }
}

interface Login {
  user_id: string
  device_id: string
  access_token: string
}

export interface Credentials {
  userId: string
  deviceId: string
  accessToken: string
}

const CLIENT = '/_matrix/client/v3'
const MEDIA = '/_matrix/media/v3'
const enc = encodeURIComponent

/** A small Matrix client, thin enough that what goes over the wire is what the test wrote. */
export class Client {
  readonly url: string
  readonly userId: string
  readonly deviceId: string
  accessToken: string
  #txn = 0

  constructor(url: string, { userId, deviceId, accessToken }: Credentials) {
    this.url = url
    this.userId = userId
    this.deviceId = deviceId
    this.accessToken = accessToken
  }

  /** Makes an account by open registration. */
  static async register(url: string, username: string, password = `pw-${username}`): Promise<Client> {
    const answer = await request<Login>(url, 'POST', `${CLIENT}/register`, {
      username,
      password,
      auth: { type: 'm.login.dummy' },
    })
    return fromLogin(url, answer)
  }

  /** A new device of an account. */
  static async logIn(url: string, username: string, password = `pw-${username}`): Promise<Client> {
    const answer = await request<Login>(url, 'POST', `${CLIENT}/login`, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: username },
      password,
    })
    return fromLogin(url, answer)
  }

  /** The answer's JSON. Rejects with `MatrixRequestError` for any status but 2xx. */
  request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: Body,
    options: RequestOptions = {},
  ): Promise<T> {
    return request<T>(this.url, method, path, body, { accessToken: this.accessToken, ...options })
  }

  get<T = Record<string, unknown>>(path: string, query?: RequestOptions['query']): Promise<T> {
    return this.request<T>('GET', path, undefined, query === undefined ? {} : { query })
  }
  post<T = Record<string, unknown>>(path: string, body: Body = {}): Promise<T> {
    return this.request<T>('POST', path, body)
  }
  put<T = Record<string, unknown>>(path: string, body: Body = {}): Promise<T> {
    return this.request<T>('PUT', path, body)
  }
  delete<T = Record<string, unknown>>(path: string, body?: Body): Promise<T> {
    return this.request<T>('DELETE', path, body)
  }

  async createRoom(options: Record<string, unknown> = {}): Promise<string> {
    return (await this.post<{ room_id: string }>(`${CLIENT}/createRoom`, options)).room_id
  }

  async invite(roomId: string, userId: string): Promise<void> {
    await this.post(`${CLIENT}/rooms/${enc(roomId)}/invite`, { user_id: userId })
  }

  async join(roomIdOrAlias: string): Promise<string> {
    return (await this.post<{ room_id: string }>(`${CLIENT}/join/${enc(roomIdOrAlias)}`)).room_id
  }

  async leave(roomId: string): Promise<void> {
    await this.post(`${CLIENT}/rooms/${enc(roomId)}/leave`)
  }

  /** Sends a text, or any content; the event id. */
  async send(
    roomId: string,
    content: string | Record<string, unknown>,
    { type = 'm.room.message', txnId = `t${++this.#txn}` } = {},
  ): Promise<string> {
    const body = typeof content === 'string' ? { msgtype: 'm.text', body: content } : content
    const path = `${CLIENT}/rooms/${enc(roomId)}/send/${enc(type)}/${enc(txnId)}`
    return (await this.put<{ event_id: string }>(path, body)).event_id
  }

  /** Puts bytes into the media repository; their `mxc://` URI. */
  async upload(content: string | Uint8Array<ArrayBuffer>, mediaType = 'text/plain'): Promise<string> {
    return (await this.#putBytes<{ content_uri: string }>('POST', `${MEDIA}/upload`, content, mediaType))
      .content_uri
  }

  /** Brings the bytes of an upload that was announced with `POST /_matrix/media/v1/create`. */
  async uploadTo(mxc: string, content: string | Uint8Array<ArrayBuffer>, mediaType = 'text/plain') {
    await this.#putBytes('PUT', `${MEDIA}/upload/${mxc.slice('mxc://'.length)}`, content, mediaType)
  }

  /** What is behind a `mxc://` URI, as text. */
  async download(mxc: string): Promise<string> {
    const path = `/_matrix/client/v1/media/download/${mxc.slice('mxc://'.length)}`
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.accessToken}` } })
    const text = await answer.text()
    if (!answer.ok) throw new MatrixRequestError(`GET ${path}`, answer.status, parse(text))
    return text
  }

  async sendState(
    roomId: string,
    type: string,
    stateKey: string,
    content: Record<string, unknown>,
  ): Promise<string> {
    const path = `${CLIENT}/rooms/${enc(roomId)}/state/${enc(type)}/${enc(stateKey)}`
    return (await this.put<{ event_id: string }>(path, content)).event_id
  }

  event(roomId: string, eventId: string): Promise<ClientEvent> {
    return this.get<ClientEvent>(`${CLIENT}/rooms/${enc(roomId)}/event/${enc(eventId)}`)
  }

  /** Every event of the room the user may see, oldest first. */
  async history(roomId: string): Promise<ClientEvent[]> {
    const events: ClientEvent[] = []
    let from: string | undefined
    do {
      const page = await this.get<{ chunk: ClientEvent[]; end?: string }>(
        `${CLIENT}/rooms/${enc(roomId)}/messages`,
        {
          dir: 'b',
          limit: 1_000,
          from,
        },
      )
      events.push(...page.chunk)
      from = page.end
    } while (from !== undefined)
    return events.reverse()
  }

  sync(
    options: { since?: string; timeoutMs?: number; filter?: object; signal?: AbortSignal } = {},
  ): Promise<SyncResponse> {
    const { since, timeoutMs = 0, filter, signal } = options
    const query = { since, timeout: timeoutMs, filter: filter && JSON.stringify(filter) }
    return this.request<SyncResponse>('GET', `${CLIENT}/sync`, undefined, {
      query,
      ...(signal === undefined ? {} : { signal }),
    })
  }

  /** Syncs on and on from `since` until `seen` is satisfied; the token to go on from. */
  async syncUntil(
    seen: (answer: SyncResponse) => boolean,
    {
      since,
      filter,
      signal = AbortSignal.timeout(30_000),
    }: { since?: string; filter?: object; signal?: AbortSignal } = {},
  ): Promise<string> {
    let token = since
    for (;;) {
      const answer = await this.sync({
        timeoutMs: token === undefined ? 0 : 10_000,
        signal,
        ...(token === undefined ? {} : { since: token }),
        ...(filter === undefined ? {} : { filter }),
      })
      token = answer.next_batch
      if (seen(answer)) return token
    }
  }

  async logOut(): Promise<void> {
    await this.post(`${CLIENT}/logout`)
  }

  async #putBytes<T>(
    method: 'POST' | 'PUT',
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    mediaType: string,
  ): Promise<T> {
    const headers = { authorization: `Bearer ${this.accessToken}`, 'content-type': mediaType }
    const answer = await fetch(this.url + path, { method, headers, body })
    const parsed = parse(await answer.text())
    if (!answer.ok) throw new MatrixRequestError(`${method} ${path}`, answer.status, parsed)
    return parsed as T
  }
}

function fromLogin(url: string, answer: Login): Client {
  return new Client(url, {
    userId: answer.user_id,
    deviceId: answer.device_id,
    accessToken: answer.access_token,
  })
}

/** A request as any client would make it. Rejects with `MatrixRequestError` for any status but 2xx. */
export async function request<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: Body,
  options: RequestOptions = {},
): Promise<T> {
  const target = new URL(url.replace(/\/$/, '') + path)
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) target.searchParams.set(name, String(value))
  }
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (options.accessToken) headers['authorization'] = `Bearer ${options.accessToken}`
  const answer = await fetch(target, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const text = await answer.text()
  const parsed = parse(text)
  if (!answer.ok) throw new MatrixRequestError(`${method} ${target.pathname}`, answer.status, parsed)
  return parsed as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
