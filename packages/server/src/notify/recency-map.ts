interface Entry<K> {
  key: K
  position: number
  older: Entry<K> | undefined
  newer: Entry<K> | undefined
}

/**
 * Keys with the position of their last change, newest first. Asking for what changed since a position costs as much as
 * the answer is long, however many keys there are.
 */
export class RecencyMap<K> {
  readonly #entries = new Map<K, Entry<K>>()
  #newest: Entry<K> | undefined

  /** The position of the newest change, 0 if there was none. */
  get last(): number {
    return this.#newest?.position ?? 0
  }

  get size(): number {
    return this.#entries.size
  }

  /** Notes a change of `key`. Positions must not go down from call to call. */
  touch(key: K, position: number): void {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { key, position, older: undefined, newer: undefined }
      this.#entries.set(key, entry)
    } else {
      entry.position = position
      if (entry === this.#newest) return
      this.#unlink(entry)
    }
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
  }

  delete(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#unlink(entry)
  }

  /** Keys changed above `position`, newest first. */
  *after(position: number): Generator<K> {
    for (let entry = this.#newest; entry !== undefined && entry.position > position; entry = entry.older)
      yield entry.key
  }

  positionOf(key: K): number | undefined {
    return this.#entries.get(key)?.position
  }

  #unlink(entry: Entry<K>): void {
    if (entry.newer !== undefined) entry.newer.older = entry.older
    else this.#newest = entry.older
    if (entry.older !== undefined) entry.older.newer = entry.newer
  }
}
