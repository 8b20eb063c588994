import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError, type Io } from './io.ts'

/** Asks questions on the terminal, or reads the answers line by line from whatever is piped in. */
export class Prompter implements Disposable {
  readonly #io: Io
  readonly #lines: AsyncIterator<string>
  readonly #readline: Interface
  #isHidden = false

  constructor(io: Io) {
    this.#io = io
    // Readline echoes what is typed to its output; for a password that output swallows it.
    const echo = new Writable({
      write: (chunk, _encoding, done) => {
        if (!this.#isHidden) io.stderr.write(chunk)
        done()
      },
    })
    this.#readline = createInterface({ input: io.stdin, output: echo, terminal: io.stdin.isTTY === true })
    this.#lines = this.#readline[Symbol.asyncIterator]()
  }

  /** The answer, without the line end. Questions go to standard error, so that output can be piped on. */
  async ask(question: string): Promise<string> {
    this.#io.stderr.write(question)
    const line = await this.#lines.next()
    if (line.done === true) throw new CommandError(`There was no answer to "${question.trim()}".`)
    return line.value
  }

  /** As {@link ask}; what is typed does not show. */
  async askHidden(question: string): Promise<string> {
    this.#isHidden = true
    try {
      return await this.ask(question)
    } finally {
      this.#isHidden = false
      this.#io.stderr.write('\n')
    }
  }

  [Symbol.dispose](): void {
    this.#readline.close()
  }
}
