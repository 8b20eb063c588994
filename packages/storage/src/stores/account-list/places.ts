import type { AccountGroup, Kinds, Moment } from './groups.ts'
import { isSameMoment } from './groups.ts'
import type { AccountList, Place } from './orders.ts'

/** Of as many walks at once. */
const MAX_PLACES = 64

interface Known {
  moment: Moment
  place: Place
}

/** What readers of lists remember of the moment in which they have read last. Whoever uses it asks whether it is still that moment. */
export class AccountPlaces {
  kinds: Kinds | undefined
  /** Where pages have ended, so that the next ones begin there. */
  readonly #ends = new Map<string, Known>()

  /** The account of the group before the one of this rank, if a page has ended with it. */
  before(list: AccountList, group: AccountGroup, rank: number, moment: Moment): Place | undefined {
    const known = this.#ends.get(keyOf(list, group, rank))
    return known !== undefined && isSameMoment(known.moment, moment) ? known.place : undefined
  }

  endedBefore(list: AccountList, group: AccountGroup, rank: number, known: Known): void {
    const key = keyOf(list, group, rank)
    this.#ends.delete(key) // and back at the end: the first ones are the oldest
    this.#ends.set(key, known)
    if (this.#ends.size > MAX_PLACES) this.#ends.delete(this.#ends.keys().next().value!)
  }
}

function keyOf(list: AccountList, { kinds }: AccountGroup, rank: number): string {
  return `${list.id} ${rank} ${kinds.join()}`
}
