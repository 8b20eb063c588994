import { type RoomReads, readAccess, shownEvents } from '../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { bundlesOf } from './bundles.ts'

export interface ThreadsRequest {
  /** Only threads in which the user has said something. */
  participated: boolean
  /** Threads whose newest reply lies up to and with this position. */
  from: number | undefined
  limit: number
}

export interface ThreadsPage {
  /** The threads' roots, the liveliest first. */
  chunk: LoadedEvent[]
  /** `undefined`: there are no more. */
  next: number | undefined
}

/** As many threads as one request looks at in search of some that fit. */
const MAX_LOOKED_AT = 1_000

/** A page of a room's threads. 403 `M_FORBIDDEN` for who may not read the room. Spec: CS API §GET /rooms/{roomId}/threads. */
export async function readThreads(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { participated, from, limit }: ThreadsRequest,
): Promise<ThreadsPage> {
  await readAccess(reads, userId, roomId)
  const chunk: LoadedEvent[] = []
  let upTo = from
  for (let lookedAt = 0; ; ) {
    const threads = await reads.storage.read.relations.threads(roomId, upTo, limit + 1)
    const events = await reads.roomEvents.byId(threads.map(({ rootId }) => rootId))
    const here = [...events.values()].filter(({ row }) => row.roomId === roomId)
    const roots = new Map(
      (await shownEvents(reads, userId, roomId, here)).map((root) => [root.row.eventId, root]),
    )
    const bundles = await bundlesOf(reads, userId, [...roots.values()])
    for (const { rootId, lastPosition } of threads) {
      const root = roots.get(rootId)
      // Without a bundle it begins at what cannot begin one, or the user sees none of the replies.
      const thread = root && bundles.get(root.row.nid)?.thread
      if (root === undefined || thread === undefined || (participated && !thread.participated)) continue
      if (chunk.length === limit) return { chunk, next: lastPosition }
      chunk.push(root)
    }
    lookedAt += threads.length
    const last = threads.at(-1)
    if (threads.length <= limit || last === undefined) return { chunk, next: undefined }
    upTo = last.lastPosition - 1
    if (lookedAt >= MAX_LOOKED_AT) return { chunk, next: upTo }
  }
}
