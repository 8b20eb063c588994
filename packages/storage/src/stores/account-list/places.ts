import type { ReadHandle } from '../../db/types.ts'
import type { AccountGroup, Kinds, Moment } from './groups.ts'
import { isSameMoment } from './groups.ts'
import type { AccountList, Place } from './orders.ts'
import {
  type KnownBlocks,
  type KnownPieces,
  type KnownSpans,
  type Piece,
  readBlocks,
  readSpans,
  type SpanOfRank,
} from './spans.ts'

/** Of as many walks at once. */
const MAX_PLACES = 128
/** Of as many spans the blocks, some two kilobytes each: of a million accounts a list has thirty. */
const MAX_SPANS = 128

/** Where to begin, and how many accounts to pass there. */
export interface Start {
  place: Place
  skip: number
}

interface Known extends Start {
  moment: Moment
}

/** What readers of lists remember of the moment in which they have read last. Whoever uses it asks whether it is still that moment. */
export class AccountPlaces {
  kinds: Kinds | undefined
  /** How many administrators each kind had, as a {@link Moment} tells it. */
  administrators: string | undefined
  /** Where pages have begun and ended, so that the same ones and the next ones begin there. */
  readonly #starts = new Map<string, Known>()

  readonly #spans = new Map<string, KnownSpans>()
  /** Blocks of spans, as they are counted for a group. */
  readonly #blocks = new Map<string, KnownBlocks>()

  /** The pieces of a list at a moment, for who looks for accounts of a group; `undefined` when there are others by now. */
  async piecesOf(
    db: ReadHandle,
    list: AccountList,
    group: AccountGroup,
    moment: Moment,
  ): Promise<KnownPieces | undefined> {
    const spans = await this.#spansOf(db, list, moment)
    return spans && { spans, blocksOf: (span) => this.#blocksOf(db, list, { group, span, moment }) }
  }

  async #spansOf(db: ReadHandle, list: AccountList, moment: Moment): Promise<KnownSpans | undefined> {
    const known = this.#spans.get(list.id)
    if (known !== undefined && isCountedAt(known, moment)) return known
    const read = await readSpans(db, list)
    if (read === undefined || !isCountedAt(read, moment)) return undefined
    this.#spans.set(list.id, read)
    return read
  }

  async #blocksOf(
    db: ReadHandle,
    list: AccountList,
    { group, span, moment }: { group: AccountGroup; span: SpanOfRank; moment: Moment },
  ): Promise<readonly Piece[] | undefined> {
    const key = keyOf(list, group, span.before)
    const known = this.#blocks.get(key)
    if (known !== undefined && isCountedAt(known, moment)) return known.blocks
    const read = await readBlocks(db, list, group, span)
    if (read === undefined || !isCountedAt(read, moment)) return undefined
    keep(this.#blocks, key, read, MAX_SPANS)
    return read.blocks
  }

  /** Where the account of the group of this rank is, if a page has begun with it or ended before it. */
  startOf(list: AccountList, group: AccountGroup, rank: number, moment: Moment): Start | undefined {
    const known = this.#starts.get(keyOf(list, group, rank))
    return known !== undefined && isSameMoment(known.moment, moment) ? known : undefined
  }

  startsAt(list: AccountList, group: AccountGroup, rank: number, known: Known): void {
    keep(this.#starts, keyOf(list, group, rank), known, MAX_PLACES)
  }
}

/** Counts of accounts know nothing of administrators. */
const isCountedAt = (known: Moment, { position, moved }: Moment) => isSameMoment(known, { position, moved })

/** Forgets the oldest beyond `most`. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key) // and back at the end: the first ones are the oldest
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
}

function keyOf(list: AccountList, { kinds, isEveryKind }: AccountGroup, rank: number): string {
  // Which kinds there are is of the moment, as all is that has a key.
  return `${list.id} ${rank} ${isEveryKind ? '' : kinds.join()}`
}
