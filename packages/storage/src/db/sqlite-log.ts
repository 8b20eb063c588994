import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { StorageUnavailableError } from '../errors.ts'

/** SQLite's write-ahead log as a file, to flush it away from the event loop. */
export class WriteAheadLog {
  readonly #file: string
  #descriptor: number | undefined
  #failure: Error | undefined

  /** `file` is the database's; the log stands beside it from the first transaction until the last connection closes. */
  constructor(file: string) {
    this.#file = `${file}-wal`
  }

  /**
   * Throws once a flush has failed: what was written before may be lost to a power cut, whatever later flushes say, and
   * nothing must be built on it. Starting again reads what is really there.
   */
  checkSound(): void {
    if (this.#failure !== undefined)
      throw new StorageUnavailableError(
        `The disk did not keep what was written to ${this.#file} (${this.#failure.message}). See to the disk, then start the server again.`,
        { cause: this.#failure },
      )
  }

  /** Resolves when everything written to the log so far is on disk. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#failure = error
        reject(new StorageUnavailableError(`the log cannot be flushed: ${error.message}`, { cause: error }))
      }
      try {
        this.#descriptor ??= this.#open()
      } catch (error) {
        fail(error as Error)
        return
      }
      fdatasync(this.#descriptor, (error) => (error === null ? resolve() : fail(error)))
    })
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(): number {
    const descriptor = openSync(this.#file, 'r+')
    // A new file is found again only when its folder is on disk too. Windows has no such call, nor the need.
    if (process.platform !== 'win32') {
      const folder = openSync(dirname(this.#file), 'r')
      fsyncSync(folder)
      closeSync(folder)
    }
    return descriptor
  }
}
