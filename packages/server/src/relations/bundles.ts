import type { EventId } from '@ranvier/protocol/ids/brands'
import type { Related } from '@ranvier/storage'
import { type RoomReads, shownEvents } from '../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import type { RelationSummary, Thread } from './relations.ts'

/** What goes along with an event of what relates to it, as one user may see it. Spec: CS API §Aggregations. */
export interface Bundle {
  readonly replacement: LoadedEvent | undefined
  readonly references: readonly EventId[]
  readonly thread: ThreadBundle | undefined
}

export interface ThreadBundle {
  readonly latest: LoadedEvent
  /** Of the latest reply. */
  readonly bundle: Bundle | undefined
  readonly count: number
  readonly participated: boolean
}

const NONE: ReadonlyMap<number, Bundle> = new Map()

/** The bundles of events, by their numbers; most have none. Nothing is read for events nobody relates to. */
export async function bundlesOf(
  reads: RoomReads,
  userId: string,
  events: readonly LoadedEvent[],
): Promise<ReadonlyMap<number, Bundle>> {
  const summaries = await reads.relations.of(events)
  if (summaries.size === 0) return NONE
  const bundles = new Map<number, Bundle>()
  for (const loaded of events) {
    const summary = summaries.get(loaded.row.nid)
    if (summary === undefined) continue
    const bundle = await bundleOf(reads, userId, loaded, summary)
    if (bundle !== undefined) bundles.set(loaded.row.nid, bundle)
  }
  return bundles
}

async function bundleOf(
  reads: RoomReads,
  userId: string,
  loaded: LoadedEvent,
  { replacements, references, thread }: RelationSummary,
): Promise<Bundle | undefined> {
  const isVisible = reads.unrestricted
    ? () => true
    : await reads.visibility.visibleTo(userId, loaded.row.roomId)
  const bundle: Bundle = {
    // Spec: CS API §Redactions of edited events: a redacted event is not replaced any more.
    replacement:
      loaded.row.redactedBy === null
        ? await firstShown(reads, userId, loaded, replacements.filter(isVisible))
        : undefined,
    references: references.filter(isVisible).map(({ eventId }) => eventId),
    thread: thread && (await threadBundle(reads, userId, loaded, thread, thread.newest.filter(isVisible))),
  }
  const isEmpty =
    bundle.replacement === undefined && bundle.references.length === 0 && bundle.thread === undefined
  return isEmpty ? undefined : bundle
}

async function threadBundle(
  reads: RoomReads,
  userId: string,
  root: LoadedEvent,
  thread: Thread,
  visible: readonly Related[],
): Promise<ThreadBundle | undefined> {
  const latest = await firstShown(reads, userId, root, visible)
  if (latest === undefined) return undefined
  const ignored = reads.unrestricted ? [] : [...(await reads.visibility.ignored.of(userId))]
  const [unseen, replied, bundles] = await Promise.all([
    reads.storage.read.relations.countReplies(root.row, ignored),
    root.row.sender === userId || reads.relations.hasReplied(root, thread, userId),
    // What has a relation begins no thread, so this ends here.
    bundlesOf(reads, userId, [latest]),
  ])
  return {
    latest,
    bundle: bundles.get(latest.row.nid),
    count: thread.replies - unseen,
    participated: replied,
  }
}

/** The first of what relates to `parent`, in the form the user is shown it. */
async function firstShown(
  reads: RoomReads,
  userId: string,
  { row }: LoadedEvent,
  related: readonly Related[],
): Promise<LoadedEvent | undefined> {
  const [first] = related
  if (first === undefined) return undefined
  const loaded = (await reads.roomEvents.byNid([first.nid])).get(first.nid)
  if (loaded === undefined) return undefined
  return (await shownEvents(reads, userId, row.roomId, [loaded]))[0]
}
