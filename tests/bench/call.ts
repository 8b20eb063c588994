import { connect, type Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'

export interface Call {
  /** Of `http:`. */
  url: string
  method?: string
  token?: string
  body?: string | Buffer
  contentType?: string
}

/** A connection that waited longer is not used again: the server may be about to close it. Node's own servers wait 5 s. */
const MAX_IDLE_MS = 4_000
/** Those that wait for the next request, by host: the one that was used last is used first. */
const idle = new Map<string, Connection[]>()

interface Answer {
  status: number
  /** Empty where nobody looks at it, unless it tells of a failure. */
  body: Buffer
}

/**
 * One connection. `node:http` takes four to five times the processor for a request, and the servers that are measured
 * have to share two cores with their clients.
 */
class Connection {
  readonly #host: string
  readonly #socket: Socket
  readonly #answer = new AnswerReader()
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  #idleSinceMs = 0

  constructor(host: string) {
    this.#host = host
    const { hostname, port } = new URL(`http://${host}`)
    this.#socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      noDelay: true,
    })
    this.#socket.on('data', (bytes) => this.#read(bytes))
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.on('close', () => {
      if (this.#waiting !== undefined && this.#answer.end()) this.#done(this.#waiting)
      this.#failed(new Error('the server has closed the connection'))
    })
  }

  get isUsable(): boolean {
    return !this.#socket.destroyed && performance.now() - this.#idleSinceMs < MAX_IDLE_MS
  }

  ask(head: string, body: string | Buffer | undefined, keepsBody: boolean): Promise<Answer> {
    this.#answer.begin(keepsBody)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      if (typeof body !== 'object') this.#socket.write(body === undefined ? head : head + body)
      else {
        this.#socket.cork()
        this.#socket.write(head)
        this.#socket.write(body)
        this.#socket.uncork()
      }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    try {
      if (this.#waiting === undefined) throw new Error('the server sends what was not asked for')
      if (this.#answer.read(bytes)) this.#done(this.#waiting)
    } catch (error) {
      this.#failed(error as Error)
    }
  }

  #done({ resolve }: { resolve: (answer: Answer) => void }): void {
    this.#waiting = undefined
    resolve({ status: this.#answer.status, body: this.#answer.body })
    if (!this.#answer.isKept) this.close()
    else {
      this.#idleSinceMs = performance.now()
      const others = idle.get(this.#host)
      if (others === undefined) idle.set(this.#host, [this])
      else others.push(this)
    }
  }

  #failed(error: Error): void {
    this.close()
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}

function connectionTo(host: string): Connection {
  const waiting = idle.get(host)
  for (let last = waiting?.pop(); last !== undefined; last = waiting?.pop()) {
    if (last.isUsable) return last
    last.close()
  }
  return new Connection(host)
}

/** Closes those that wait, or the process does not end. */
export function closeConnections(): void {
  for (const connection of [...idle.values()].flat()) connection.close()
  idle.clear()
}

async function answerTo(target: Call, keepsBody: boolean): Promise<Answer> {
  const { url, method = 'GET', token, body, contentType = 'application/json' } = target
  if (!url.startsWith('http://')) throw new Error(`${url} is not of http:`)
  const slash = url.indexOf('/', 'http://'.length)
  const host = url.slice('http://'.length, slash)
  let head = `${method} ${url.slice(slash)} HTTP/1.1\r\nhost: ${host}\r\n`
  if (token !== undefined) head += `authorization: Bearer ${token}\r\n`
  if (body !== undefined)
    head += `content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  else if (method !== 'GET') head += 'content-length: 0\r\n'
  const answer = await connectionTo(host).ask(`${head}\r\n`, body, keepsBody)
  if (answer.status === 200 || answer.status === 201) return answer
  throw new Error(`${method} ${url}: ${answer.status} ${answer.body.toString().slice(0, 300)}`)
}

/** One request; nobody looks at what is in the answer. Rejects unless it is 200 or 201. */
export async function ask(target: Call): Promise<void> {
  await answerTo(target, false)
}

/** One request; the answer's bytes. Rejects unless it is 200 or 201. */
export const callBytes = async (target: Call): Promise<Buffer> => (await answerTo(target, true)).body

export const call = async (target: Call): Promise<string> => (await callBytes(target)).toString()

export const callJson = async <T>(target: Call): Promise<T> => JSON.parse(await call(target)) as T
