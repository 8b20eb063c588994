interface Entry<K> {
  key: K
  position: number
  older: Entry<K> | undefined
  newer: Entry<K> | undefined
}

/**
 * Keys with the position of their last change, newest first. Asking for what changed since a position costs as much as
 * the answer is long, however many keys there are. Of more than so many those changed longest ago are forgotten.
 */
export class RecencyMap<K> {
  readonly #maxKeys: number
  readonly #entries = new Map<K, Entry<K>>()
  #newest: Entry<K> | undefined
  #oldest: Entry<K> | undefined

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  /** The position of the newest change, 0 if there was none. */
  get last(): number {
    return this.#newest?.position ?? 0
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * Notes a change of `key`. Positions must not go down from call to call. The position of the key that was forgotten for
   * it, if one was: of changes up to there not all are known any more.
   */
  touch(key: K, position: number): number | undefined {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { key, position, older: undefined, newer: undefined }
      this.#entries.set(key, entry)
    } else {
      entry.position = position
      if (entry === this.#newest) return undefined
      this.#unlink(entry)
    }
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
    if (this.#entries.size <= this.#maxKeys) return undefined
    const forgotten = this.#oldest
    this.delete(forgotten.key)
    return forgotten.position
  }

  delete(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#unlink(entry)
  }

  /** Forgets keys that have not changed since `position`; the newest position of those, if there were any. */
  forgetUpTo(position: number): number | undefined {
    let forgotten: number | undefined
    while (this.#oldest !== undefined && this.#oldest.position <= position) {
      forgotten = this.#oldest.position
      this.delete(this.#oldest.key)
    }
    return forgotten
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
    else this.#oldest = entry.newer
  }
}
