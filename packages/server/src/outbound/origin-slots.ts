interface Origin {
  running: number
  queue: (() => void)[]
}

/** Lets so much work run at once for each origin; the rest waits its turn. A slow origin keeps no other waiting. */
export class OriginSlots {
  readonly #perOrigin: number
  readonly #origins = new Map<string, Origin>()

  constructor(perOrigin: number) {
    this.#perOrigin = perOrigin
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    let origin = this.#origins.get(name)
    if (origin === undefined) this.#origins.set(name, (origin = { running: 0, queue: [] }))
    if (origin.running < this.#perOrigin) origin.running++
    else await new Promise<void>((resolve) => origin.queue.push(resolve))
    try {
      return await work()
    } finally {
      // A place is handed over when somebody waits for it: nobody can slip in between.
      const next = origin.queue.shift()
      if (next !== undefined) next()
      else if (--origin.running === 0) this.#origins.delete(name)
    }
  }
}
