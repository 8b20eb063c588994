/** How far each stream that clients hear of has come. */
export interface StreamPositions {
  events: number
  accountData: number
  receipts: number
  toDevice: number
  deviceLists: number
  presence: number
  /** Of the counter in memory: see `typing.ts`. */
  typing: number
}
