import { Agent, request as httpRequest } from 'node:http'
import type { FuzzRequest } from './generate.ts'

const ANSWER_TIMEOUT_MS = 10_000

export interface FuzzAnswer {
  status: number
  text: string
}

/** Connections that stay open between requests: what one request leaves behind in a connection hits the next. */
export class Wire implements Disposable {
  readonly #url: URL
  readonly #agent: Agent

  constructor(url: string, sockets: number) {
    this.#url = new URL(url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'lifo' })
  }

  /** Sends exactly this path and body. Rejects when the connection breaks, or after 10 s without the whole answer. */
  send(fuzz: FuzzRequest): Promise<FuzzAnswer> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const length = fuzz.body === undefined ? 0 : Buffer.byteLength(fuzz.body)
      const request = httpRequest({
        agent: this.#agent,
        host: this.#url.hostname,
        port: this.#url.port,
        method: fuzz.method,
        path: fuzz.path,
        headers: ['host', this.#url.host, 'content-length', String(length), ...fuzz.headers],
        signal,
      })
      const fail = (error: Error): void =>
        reject(signal.aborted ? new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`) : error)
      let status: number | undefined
      request.on('error', (error) => {
        // An answer that came before the whole body was sent, such as 413, is the answer.
        if (status === undefined) fail(error)
      })
      request.on('response', (response) => {
        status = response.statusCode ?? 0
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', fail)
        response.on('end', () =>
          resolve({ status: status ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        )
      })
      request.end(fuzz.body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
