import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { SentRoom } from './connections.ts'
import { type ExtensionInput, roomsInScope } from './extension-input.ts'
import type { ExtensionScope } from './request.ts'
import type { ConnectionScope } from './room-entry.ts'

/** What the client has been told of rooms once it has this answer: those for which that has changed. */
export function sentAfter(scope: ConnectionScope, input: ExtensionInput): Map<RoomId, SentRoom> {
  const { entries, sentOf, plan, accountData } = input
  const { extensions } = input.request
  const sent = new Map<RoomId, SentRoom>()
  for (const [roomId, entry] of entries) sent.set(roomId, { ...marksOf(sentOf(roomId)), ...entry.sent })
  const moved = plan?.join.flatMap((room) => (room.receiptsChanged ? [room.roomId] : [])) ?? []
  mark(scope, input, sent, { key: 'receipts', extension: extensions.receipts, changed: moved })
  const rooms = accountData?.rooms.keys() ?? []
  mark(scope, input, sent, { key: 'accountData', extension: extensions.accountData, changed: rooms })
  return sent
}

type Mark = 'receipts' | 'accountData'

/** Of rooms out of sight that change, it is noted up to where the client has them; of those in sight, no longer. */
function mark(
  { since }: ConnectionScope,
  input: ExtensionInput,
  sent: Map<RoomId, SentRoom>,
  of: { key: Mark; extension: ExtensionScope | undefined; changed: Iterable<RoomId> },
): void {
  const { key, extension, changed } = of
  const after = (roomId: RoomId) => sent.get(roomId) ?? input.sentOf(roomId)
  const seen = extension === undefined ? input.selection.rooms : roomsInScope(extension, input)
  for (const roomId of changed) {
    const known = after(roomId)
    if (known === undefined || since === undefined || known[key] !== undefined || seen.has(roomId)) continue
    sent.set(roomId, { ...known, [key]: since[key] })
  }
  for (const roomId of seen.keys()) {
    const known = after(roomId)
    if (known?.[key] === undefined) continue
    const { [key]: _, ...rest } = known
    sent.set(roomId, rest)
  }
}

function marksOf(sent: SentRoom | undefined): Pick<SentRoom, Mark> {
  return {
    ...(sent?.receipts === undefined ? {} : { receipts: sent.receipts }),
    ...(sent?.accountData === undefined ? {} : { accountData: sent.accountData }),
  }
}
