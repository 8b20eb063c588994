import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What it answers with, beside what Node adds by itself. */
export interface BareAnswer {
  /** Names and values in turns, as in `rawHeaders`. */
  headers: string[]
  body: string
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

  /** From now on it answers with this. */
  async answerWith(answer: BareAnswer): Promise<void> {
    const ready = once(this.#child, 'message')
    this.#child.send(answer)
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
