import { askEach, type Question } from '../db/gather.ts'
import { together } from '../db/together.ts'
import type { WriteHandle } from '../db/types.ts'
import { SnapshotChain } from './snapshots.ts'
import type { NewEvent, RoomCommit } from './types.ts'

/** An entry has a number as soon as it has been set once. */
const ENTRY: Question = {
  sql: `SELECT k.id, c.nid FROM state_keys k LEFT JOIN current_state c
    ON c.room_id = k.room_id AND c.type = k.type AND c.state_key = k.state_key
    WHERE k.room_id = ? AND k.type = ? AND k.state_key = ?`,
  params: ['text', 'text', 'text'],
}

/** A room's state before a commit, as far as that changes it. Entries are named by {@link stateName}. */
export interface StateBefore {
  /** The numbers that stand for the entries in snapshots. */
  keyIds: Map<string, number>
  /** What the entries are, if they are anything. */
  nids: Map<string, number>
  snapshots: SnapshotChain
}

export interface StatesBefore {
  /** Those of rooms whose state changes. */
  of: Map<RoomCommit, StateBefore>
  /** Rows of `state_keys` that are to be added. */
  newKeys: [id: number, roomId: string, type: string, stateKey: string][]
}

export const stateName = (type: string, stateKey: string): string => `${type}\0${stateKey}`

/**
 * New entries get the next numbers: the transaction holds the highest one through the counter of events, which it has
 * taken, or sent for, by now.
 */
export async function statesBefore(db: WriteHandle, commits: readonly RoomCommit[]): Promise<StatesBefore> {
  const changing = commits.filter(({ events }) => events.some(isState))
  const states: StatesBefore = { of: new Map(), newKeys: [] }
  if (changing.length === 0) return states
  const wanted = changing.flatMap((commit) =>
    [...entriesOf(commit)].map(([name, { event }]) => ({ commit, name, event })),
  )
  const [highest, entries, chains] = await together([
    db.get<{ id: number }>('SELECT COALESCE(MAX(id), 0) AS id FROM state_keys'),
    askEach<{ id: number; nid: number | null }>(
      db,
      ENTRY,
      wanted.map(({ commit, event }) => [commit.roomId, event.type, event.stateKey!]),
    ),
    together(changing.map(({ snapshot }) => SnapshotChain.from(db, snapshot))),
  ])
  for (const [i, commit] of changing.entries())
    states.of.set(commit, { keyIds: new Map(), nids: new Map(), snapshots: chains[i]! })
  let last = highest!.id
  for (const [i, { commit, name, event }] of wanted.entries()) {
    const { keyIds, nids } = states.of.get(commit)!
    const entry = entries[i]
    keyIds.set(name, entry?.id ?? ++last)
    if (entry === undefined) states.newKeys.push([last, commit.roomId, event.type, event.stateKey!])
    else if (entry.nid !== null) nids.set(name, entry.nid)
  }
  return states
}

function entriesOf({ events }: RoomCommit): Map<string, NewEvent> {
  return new Map(
    events.filter(isState).map((item) => [stateName(item.event.type, item.event.stateKey!), item]),
  )
}

function isState({ event }: NewEvent): boolean {
  return event.stateKey !== undefined
}
