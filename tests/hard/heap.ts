import { appendFileSync, writeFileSync } from 'node:fs'
import type { Ranvier } from '@ranvier/testkit'

const CODE_SPACES = ['code_space', 'code_large_object_space', 'trusted_space', 'trusted_large_object_space']
const CODE_BYTES = `process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
  .filter(({ space_name }) => ${JSON.stringify(CODE_SPACES)}.includes(space_name))
  .reduce((sum, { space_used_size }) => sum + space_used_size, 0)`
const WS = /ws:\/\/127\.0\.0\.1:\d+\/\S+/

/** The heap of a server that was started with `--inspect=127.0.0.1:0`. */
export class Heap {
  readonly #socket: WebSocket
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  static async of(server: Ranvier): Promise<Heap> {
    const url = WS.exec(server.log.join('\n'))?.[0]
    if (url === undefined) throw new Error('the server has no inspector')
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)))
    })
    return new Heap(socket)
  }

  /** Bytes in use after everything unreachable is gone. */
  async usedBytes(): Promise<number> {
    // The second sees what finalizers of the first have let go.
    await this.#ask('HeapProfiler.collectGarbage')
    await this.#ask('HeapProfiler.collectGarbage')
    return (await this.#ask<{ usedSize: number }>('Runtime.getHeapUsage')).usedSize
  }

  /** Bytes of compiled code among them: functions are compiled again, and better, for as long as they become busier. */
  async codeBytes(): Promise<number> {
    const params = { expression: CODE_BYTES, returnByValue: true }
    return (await this.#ask<{ result: { value: number } }>('Runtime.evaluate', params)).result.value
  }

  /** Writes what is reachable to `file`, for `snapshots.ts` or the developer tools of Chromium. */
  async writeSnapshot(file: string): Promise<void> {
    writeFileSync(file, '')
    const write = ({ data }: MessageEvent) => {
      const { method, params } = JSON.parse(String(data)) as { method?: string; params?: { chunk: string } }
      if (method === 'HeapProfiler.addHeapSnapshotChunk') appendFileSync(file, params!.chunk)
    }
    this.#socket.addEventListener('message', write)
    await this.#ask('HeapProfiler.takeHeapSnapshot')
    this.#socket.removeEventListener('message', write)
  }

  close(): void {
    this.#socket.close()
  }

  #ask<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      const listen = ({ data }: MessageEvent) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: T; error?: { message: string } }
        if (answer.id !== id) return
        this.#socket.removeEventListener('message', listen)
        if (answer.result === undefined) reject(new Error(`${method}: ${answer.error?.message}`))
        else resolve(answer.result)
      }
      this.#socket.addEventListener('message', listen)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
