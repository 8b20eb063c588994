import { type Client, registerWithSecret } from '@ranvier/testkit'
import type { Named, Overlook } from './differences.ts'
import { Names } from './names.ts'
import type { Outside } from './outside.ts'
import { type Answer, Wire } from './send.ts'

export interface Ask extends Overlook {
  /** `GET /path?query`, the path encoded as it goes over the wire. */
  to: string
  /** Whose token is sent: a person of the script, `null` for nobody's. Default: the administrator's. */
  as?: string | null
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  text?: string | Buffer
  /** Beside those of the token and the body, or in their place. An empty one is left out. */
  headers?: Readonly<Record<string, string | string[]>>
  /** Headers of the answer that have to be equal. */
  compareHeaders?: readonly string[]
}

/** One request and its answer, as they are compared. */
export interface Exchange {
  /** What is tried, the same on both sides and once only. */
  what: string
  /** The request in words, with names in the place of ids; empty if `what` says it all. */
  request: string
  answer: Named
  overlook: Overlook
}

export interface SideParts {
  serverName: string
  prefix: string
  /** What is called this side in addresses outside: `ours` or `theirs`. */
  key: string
  outside: Outside
}

/** One of the two servers, and what it has been asked. */
export class Side implements Disposable {
  readonly url: string
  readonly serverName: string
  /** Beginning of the localparts of all accounts: the server may have seen other runs. */
  readonly prefix: string
  readonly key: string
  readonly outside: Outside
  readonly names = new Names()
  readonly people = new Map<string, Client>()
  readonly exchanges: Exchange[] = []
  readonly #secret: string
  readonly #wire: Wire
  readonly #tried = new Map<string, number>()
  #made = 0

  constructor(url: string, secret: string, { serverName, prefix, key, outside }: SideParts) {
    this.url = url
    this.#secret = secret
    this.serverName = serverName
    this.prefix = prefix
    this.key = key
    this.outside = outside
    this.#wire = new Wire(url)
    this.names.set('run', prefix)
  }

  /** The full id of an account of this run. */
  id(localpart: string): string {
    return `@${this.prefix}${localpart}:${this.serverName}`
  }

  /** An account with a password (`pw-` and its localpart) and a device. */
  async register(name: string, { admin = false } = {}): Promise<Client> {
    const client = await registerWithSecret(this.url, this.#secret, this.prefix + name, { admin })
    this.people.set(name, client)
    this.names.set(`device of ${name}`, client.deviceId)
    return client
  }

  /** An account nobody has logged in to, quickly made: its id. */
  async makeAccount(body: Record<string, unknown> = {}): Promise<string> {
    const userId = this.id(`n${++this.#made}`)
    const { status } = await this.ask({ to: `PUT /_synapse/admin/v2/users/${userId}`, body })
    if (status !== 201) throw new Error(`${this.url}: no account was made: ${status}`)
    return userId
  }

  /** Asks without comparing. */
  async ask(ask: Ask): Promise<Answer> {
    const [method, path] = ask.to.split(/ (.*)/s) as [string, string]
    const body = ask.text ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
    const token = ask.as === null ? undefined : this.people.get(ask.as ?? 'admin')?.accessToken
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...ask.headers,
    }
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
    return this.#wire.send({ method, path, headers: kept, body })
  }

  /** Asks, and keeps the answer to be compared with what the other server says to the same. */
  async compare(ask: Ask, what = ''): Promise<Answer> {
    // Before it is asked: what the answer brings may have names afterwards.
    const request = this.#inWords(ask)
    const answer = await this.ask(ask)
    // It goes into the next requests.
    if (typeof answer.body?.session === 'string') this.names.set('session', answer.body.session)
    this.exchanges.push({
      what: this.#once(what || request),
      request: what === '' ? '' : request,
      answer: {
        status: answer.status,
        headers: Object.fromEntries(
          (ask.compareHeaders ?? []).map((name) => [name, this.#headerOf(answer, name)]),
        ),
        body: this.names.value(answer.body),
      },
      overlook: { values: ask.values, order: ask.order },
    })
    return answer
  }

  /** Asks with a token of a person's, and compares. */
  by(as: string | null, to: string, body?: unknown, more: Partial<Ask> = {}): Promise<Answer> {
    return this.compare({ to, as, body, ...more })
  }

  /** Keeps what came of requests in another way than by an answer, to be compared like one. */
  note(what: string, body: unknown): void {
    this.exchanges.push({
      what: this.#once(what),
      request: '',
      answer: { status: 200, headers: {}, body: this.names.value(body) },
      overlook: {},
    })
  }

  /** How many requests have been compared: the same on both sides. */
  get asked(): number {
    return this.exchanges.length
  }

  /** With a number behind what has been tried before. */
  #once(what: string): string {
    const times = (this.#tried.get(what) ?? 0) + 1
    this.#tried.set(what, times)
    return times === 1 ? what : `${what} (${times})`
  }

  #headerOf({ headers }: Answer, name: string): string | undefined {
    const value = headers[name]
    return value === undefined ? undefined : this.names.text(value)
  }

  #inWords({ to, as, body, text }: Ask): string {
    const said = text ?? (body === undefined ? '' : JSON.stringify(body))
    const who = as === undefined ? '' : ` as ${as ?? 'nobody'}`
    return `${this.names.text(to)}${who} ${this.names.text(String(said)).slice(0, 300)}`.trim()
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]()
  }
}
