import { type AccountList, keyOf, type ListedAccount } from './orders.ts'

const MIN_ROOM = 1_024

/** Accounts of the list with smaller codes come before those with larger ones. */
export interface Column {
  list: AccountList
  /** Where each piece but the first begins; `undefined` until that is known. */
  starts: Uint8Array[] | undefined
  codes: Uint16Array
  isComplete: boolean
}

/** Notes that the account stands in the piece. */
export function setCode(column: Column, id: number, code: number): void {
  column.codes = withRoom(column.codes, id)
  column.codes[id] = code
}

/** How many pieces begin at or before the account, the first one left out. */
export function codeOf({ list, starts }: Column, account: ListedAccount): number {
  const key = keyOf(list, account)
  let [low, high] = [0, starts!.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(starts![middle]!, key) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** An array that has a place for the id: this one, or a longer one. */
export function withRoom(array: Uint16Array, id: number): Uint16Array {
  if (id < array.length) return array
  const longer = new Uint16Array(Math.max(MIN_ROOM, id + (id >> 4) + 1))
  longer.set(array)
  return longer
}
