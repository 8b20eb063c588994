import type { ReadHandle } from '../../db/types.ts'
import type { AccountGroup, Kinds, Moment } from './groups.ts'
import { isSameMoment } from './groups.ts'
import type { AccountList, Place } from './orders.ts'
import { type KnownSpans, readSpans } from './spans.ts'

/** Of as many walks at once. */
const MAX_PLACES = 128

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

  /** The spans of a list at a moment; `undefined` when there are others by now. */
  async spansOf(
    db: ReadHandle,
    list: AccountList,
    { position, moved }: Moment,
  ): Promise<KnownSpans | undefined> {
    const isOfThen = (spans: KnownSpans) => isSameMoment(spans, { position, moved })
    const known = this.#spans.get(list.id)
    if (known !== undefined && isOfThen(known)) return known
    const read = await readSpans(db, list)
    if (read === undefined || !isOfThen(read)) return undefined
    this.#spans.set(list.id, read)
    return read
  }

  /** Where the account of the group of this rank is, if a page has begun with it or ended before it. */
  startOf(list: AccountList, group: AccountGroup, rank: number, moment: Moment): Start | undefined {
    const known = this.#starts.get(keyOf(list, group, rank))
    return known !== undefined && isSameMoment(known.moment, moment) ? known : undefined
  }

  startsAt(list: AccountList, group: AccountGroup, rank: number, known: Known): void {
    const key = keyOf(list, group, rank)
    this.#starts.delete(key) // and back at the end: the first ones are the oldest
    this.#starts.set(key, known)
    if (this.#starts.size > MAX_PLACES) this.#starts.delete(this.#starts.keys().next().value!)
  }
}

function keyOf(list: AccountList, { kinds }: AccountGroup, rank: number): string {
  return `${list.id} ${rank} ${kinds.join()}`
}
