import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AccountDataNews } from '../account-data-section.ts'
import type { RoomPlan } from '../plan.ts'
import type { SentRoom } from './connections.ts'
import type { Selection } from './lists.ts'
import type { ExtensionScope, SlidingRequest } from './request.ts'
import type { RoomEntry } from './room-entry.ts'

/** What the rest of the answer has found out. */
export interface ExtensionInput {
  readonly request: SlidingRequest
  readonly selection: Selection
  readonly entries: ReadonlyMap<RoomId, RoomEntry>
  readonly sentOf: (roomId: RoomId) => SentRoom | undefined
  /** What changed since the last answer; `undefined` for a first one. */
  readonly plan: RoomPlan | undefined
  readonly accountData: AccountDataNews | undefined
}

/** The rooms in sight that the extension is asked about. */
export function roomsInScope(
  { lists, rooms }: ExtensionScope,
  { request, selection }: Pick<ExtensionInput, 'request' | 'selection'>,
): Set<RoomId> {
  const inScope = new Set<RoomId>()
  for (const [name, { windows }] of selection.lists)
    if (lists === undefined || lists.has(name)) for (const roomId of windows.flat()) inScope.add(roomId)
  for (const roomId of request.subscriptions.keys())
    if ((rooms === undefined || rooms.has(roomId)) && selection.rooms.has(roomId)) inScope.add(roomId)
  return inScope
}
