import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What it answers one sort of request with. */
export interface BareAnswer {
  method: string
  /** With the query. */
  path: string
  /** Names and values in turns, as in `rawHeaders`, beside what Node adds by itself. */
  headers: string[]
  base64: string
  /** Whether a request waits for one that wakes it. */
  role?: 'waits' | 'wakes' | undefined
}

/** The bare server in a process of its own. */
export class BareServer implements AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly #child: ChildProcess

  constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.pid = child.pid!
    this.url = `http://127.0.0.1:${port}`
  }

  /** From now on it answers with these, and all else with nothing. */
  async answerWith(answers: readonly BareAnswer[]): Promise<void> {
    const ready = once(this.#child, 'message')
    this.#child.send(answers)
    await ready
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}

export async function startBareServer(): Promise<BareServer> {
  const child = fork(new URL('./bare-server.ts', import.meta.url), { stdio: 'inherit' })
  const [port] = (await once(child, 'message')) as [number]
  return new BareServer(child, port)
}
