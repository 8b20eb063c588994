import { known } from './differences-page.ts'
import type { KnownDifference } from './known.ts'
import { describe, findDifferences } from './report.ts'
import type { Exchange } from './side.ts'

/** What one server said in a chapter, and with what the chapter broke off. */
export interface Asked {
  exchanges: readonly Exchange[]
  failure?: string | undefined
}

export interface Run {
  ours: Asked
  theirs: Asked
}

/** Prints what differs, chapter by chapter, and counts. */
export class Tally {
  readonly #all: boolean
  readonly #used = new Set<KnownDifference>()
  #requests = 0
  #unknown = 0

  /** `all` shows known differences, too. */
  constructor({ all }: { all: boolean }) {
    this.#all = all
  }

  add(chapter: string, { ours, theirs }: Run): void {
    const found = findDifferences(ours.exchanges, theirs.exchanges, known, (each) => this.#used.add(each))
    const undecided = found.filter(({ lines }) => lines.length > 0)
    this.#requests += ours.exchanges.length
    this.#unknown += undecided.length
    console.log(`— ${chapter}: ${ours.exchanges.length} requests, ${undecided.length} differ`)
    const text = describe(found, { all: this.#all })
    if (text !== '') console.log(text)
    for (const [where, { failure }] of Object.entries({ here: ours, there: theirs }))
      if (failure !== undefined) {
        this.#unknown += 1
        console.log(`✖ ${chapter} broke off ${where}: ${failure}`)
      }
  }

  /** Of everything that can be compared: known differences that were not seen should be looked at. */
  tellUnused(): void {
    for (const each of known)
      if (each.seen !== undefined && !this.#used.has(each))
        console.log(`not seen any more: ${each.says ?? each.because}`)
  }

  /** The exit code. */
  end(): number {
    console.log(`${this.#requests} requests, ${this.#unknown} with differences nobody has decided on`)
    return this.#unknown === 0 ? 0 : 1
  }
}
