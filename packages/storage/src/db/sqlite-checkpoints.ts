import { Worker } from 'node:worker_threads'

/** Rows changed since the last copy before the next; some 4 pages of the log each, and the busiest pages many times. */
const ROWS = 8_000
/** The thread takes memory that a quiet server has no use for. */
const IDLE_MS = 30_000

/**
 * Copies the write-ahead log into the database beside the event loop. SQLite does it inside a `COMMIT` otherwise, with
 * two flushes, and everybody waits: 50 to 400 ms under load. Readers and the writer go on meanwhile.
 */
export class Checkpoints {
  readonly #file: string
  #worker: Worker | undefined
  #isRunning = false
  #rows = 0
  #idle: NodeJS.Timeout | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** A transaction has changed so many rows. */
  committed(rows: number): void {
    this.#rows += rows
    if (this.#rows < ROWS || this.#isRunning) return
    this.#rows = 0
    this.#isRunning = true
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    this.#worker.postMessage('checkpoint')
  }

  /** Resolves when the thread has ended: the log can be emptied and the database closed. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    this.#isRunning = false
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sqlite-checkpoint-worker.ts', import.meta.url), {
      workerData: { file: this.#file },
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
      execArgv: [],
    })
    worker.unref()
    worker.on('message', () => {
      if (this.#worker !== worker) return
      this.#isRunning = false
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref()
    })
    // Whatever it is, such as a full disk: a new thread tries again, and if it cannot, `COMMIT` does at its own limit.
    worker.on('error', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#isRunning = false
    })
    return worker
  }
}
