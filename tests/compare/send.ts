import { Agent, request as httpRequest } from 'node:http'

const ANSWER_TIMEOUT_MS = 30_000

/** A request as it goes over the wire: nothing is encoded, added or left out. */
export interface Sent {
  method: string
  /** With the query. */
  path: string
  headers: Readonly<Record<string, string | string[]>>
  body?: string | Buffer | undefined
}

export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  /** Parsed if it is JSON, else the text; `undefined`: no body. */
  // biome-ignore lint/suspicious/noExplicitAny: scripts take from it what the servers promise to be there
  body: any
}

/** Connections to one server. */
export class Wire implements Disposable {
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 })

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Rejects when the connection breaks, and after 30 s without an answer. */
  send({ method, path, headers, body }: Sent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        agent: this.#agent,
        host: this.#url.hostname,
        port: this.#url.port,
        method,
        path,
        headers: {
          ...headers,
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(parts)
          resolve({ status: response.statusCode ?? 0, headers: oneEach(response.headers), body: parse(text) })
        })
      })
      request.end(body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

function oneEach(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const text = bytes.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
