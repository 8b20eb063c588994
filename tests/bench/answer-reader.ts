const NONE = Buffer.alloc(0)

type Stage = 'head' | 'body' | 'chunk size' | 'chunk end' | 'trailer' | 'until the end' | 'done'

/**
 * Reads answers from the bytes of a connection, one after another, and of them only what a bench asks about. Spec: RFC 9112,
 * §6.3 (how long a body is) and §7.1 (chunks).
 */
export class AnswerReader {
  status = 0
  /** Whether the server goes on with this connection. */
  isKept = true
  #stage: Stage = 'done'
  #keepsBody = false
  #body: Buffer[] = []
  #isChunked = false
  #left = 0
  /** The beginning of something that has to be there as a whole. */
  #before: Buffer | undefined

  /** The next answer begins. The bodies of those that tell of a failure are kept in any case. */
  begin(keepsBody: boolean): void {
    this.#keepsBody = keepsBody
    this.#body = []
    this.#stage = 'head'
    this.#before = undefined
  }

  get body(): Buffer {
    return this.#body.length === 1
      ? this.#body[0]!
      : this.#body.length === 0
        ? NONE
        : Buffer.concat(this.#body)
  }

  /** Takes the next bytes. True: they were the last ones. */
  read(next: Buffer): boolean {
    const bytes = this.#before === undefined ? next : Buffer.concat([this.#before, next])
    this.#before = undefined
    let at = 0
    while (at < bytes.length && this.#stage !== 'done') {
      const end = this.#readPart(bytes, at)
      if (end === undefined) {
        this.#before = bytes.subarray(at)
        return false
      }
      at = end
    }
    return this.#stage === 'done'
  }

  /** The connection has ended. True: so has the answer. */
  end(): boolean {
    return this.#stage === 'until the end' || this.#stage === 'done'
  }

  /** Where the part that begins `at` ends; `undefined` while that is not there yet. */
  #readPart(bytes: Buffer, at: number): number | undefined {
    if (this.#stage === 'until the end') return this.#take(bytes, at, bytes.length)
    if (this.#stage === 'body') {
      const end = Math.min(bytes.length, at + this.#left)
      this.#left -= end - at
      if (this.#left === 0) this.#stage = this.#isChunked ? 'chunk end' : 'done'
      return this.#take(bytes, at, end)
    }
    const mark = this.#stage === 'head' ? '\r\n\r\n' : '\r\n'
    const end = bytes.indexOf(mark, at)
    if (end < 0) return undefined
    if (this.#stage === 'head') this.#readHead(bytes.toString('latin1', at, end))
    else if (this.#stage === 'chunk end') this.#stage = 'chunk size'
    else if (this.#stage === 'chunk size') {
      this.#left = Number.parseInt(bytes.toString('latin1', at, end), 16)
      if (Number.isNaN(this.#left)) throw new Error('the size of a chunk is no number')
      this.#stage = this.#left === 0 ? 'trailer' : 'body'
    } else if (end === at) this.#stage = 'done'
    return end + mark.length
  }

  #take(bytes: Buffer, at: number, end: number): number {
    if (this.#keepsBody) this.#body.push(bytes.subarray(at, end))
    return end
  }

  #readHead(head: string): void {
    this.status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    if (!head.startsWith('HTTP/1.') || !(this.status >= 100)) throw new Error('that is no answer of HTTP/1.1')
    if (this.status < 200) return // another head follows
    if (this.status >= 300) this.#keepsBody = true
    this.isKept = head.startsWith('HTTP/1.1') && !/\r\nconnection: *close/i.test(head)
    this.#isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    const length = this.#isChunked ? undefined : /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    this.#left = Number(length ?? 0)
    const isEmpty = this.status === 204 || this.status === 304 || length === '0'
    if (isEmpty) this.#stage = 'done'
    else if (this.#isChunked) this.#stage = 'chunk size'
    else this.#stage = length === undefined ? 'until the end' : 'body'
  }
}
