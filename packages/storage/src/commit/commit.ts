import { together } from '../db/together.ts'
import type { SqlValue, WriteHandle } from '../db/types.ts'
import { queueDirectoryRooms } from '../stores/directory/user-directory-queue.ts'
import { countedDevices } from '../stores/rooms/joined-devices.ts'
import { indexPublicRoom } from '../stores/rooms/public-texts.ts'
import { indexRoom } from '../stores/rooms/texts.ts'
import type { EventRow } from '../stores/rooms/types.ts'
import { type Fact, takePositions } from '../streams.ts'
import { packDelta } from './snapshot-codec.ts'
import { type StateBefore, stateName, statesBefore } from './state-before.ts'
import * as tables from './tables.ts'
import type { CommittedEvent, MemberChange, NewEvent, RoomCommit, RoomCommitResult } from './types.ts'

/**
 * Writes the next events of several rooms in the transaction of `db`: one statement per table, whatever the number of
 * events. Positions are taken first, so the counter is held while the rows are written and no other writer's events
 * become visible before these.
 */
export async function commitRooms(
  db: WriteHandle,
  commits: readonly RoomCommit[],
): Promise<{ results: RoomCommitResult[]; facts: Fact[] }> {
  const total = commits.reduce((sum, commit) => sum + commit.events.length, 0)
  const [last, counted, states, joined] = await together([
    total === 0 ? 0 : takePositions(db, 'events', total),
    countedDevices(db, movedMembers(commits)),
    statesBefore(db, commits),
    joinedCounts(db, commits),
  ])
  let position = last - total
  const rows = new tables.Rows()
  rows.stateKeys.push(...states.newKeys)
  const results: RoomCommitResult[] = []
  const facts: Fact[] = []
  for (const commit of commits) {
    const before = {
      base: position,
      counted,
      state: states.of.get(commit),
      joined: joined.get(commit.roomId),
    }
    const result = await planRoom(commit, before, rows)
    position += commit.events.length
    results.push(result)
    for (const event of result.events)
      facts.push({ stream: 'events', position: event.row.nid, key: commit.roomId, detail: event })
  }
  await rows.write(db)
  await together(commits.filter(hasRest).map((commit) => writeRest(db, commit)))
  return { results, facts }
}

/** Who comes or goes. */
function movedMembers(commits: readonly RoomCommit[]): string[] {
  const moved = new Set<string>()
  for (const { events } of commits)
    for (const { member } of events) if (member !== undefined && isMove(member)) moved.add(member.userId)
  return [...moved]
}

function isMove({ from, to }: MemberChange): boolean {
  return (from === 'join') !== (to === 'join')
}

/** How many are joined to the rooms that somebody comes to or leaves. Who changes that holds the counter of events. */
async function joinedCounts(db: WriteHandle, commits: readonly RoomCommit[]): Promise<Map<string, number>> {
  const moved = commits.filter(
    ({ create, events }) =>
      create === undefined && events.some(({ member }) => member !== undefined && isMove(member)),
  )
  if (moved.length === 0) return new Map()
  const rows = await db.all<{ room_id: string; joined_count: number }>(
    'SELECT room_id, joined_count FROM rooms WHERE room_id = ANY(?)',
    moved.map(({ roomId }) => roomId),
  )
  return new Map(rows.map((row) => [row.room_id, row.joined_count]))
}

/** What a room's commit is planned on. */
interface Before {
  /** The position before its first event. */
  base: number
  counted: ReadonlyMap<string, number>
  /** Present if the state changes. */
  state: StateBefore | undefined
  /** How many are joined, where that may change. */
  joined: number | undefined
}

/** Gives the events their positions, snapshots and replaced events, and adds their rows to `rows`. */
async function planRoom(
  commit: RoomCommit,
  { base, counted, state, joined }: Before,
  rows: tables.Rows,
): Promise<RoomCommitResult> {
  const { roomId } = commit
  let snapshot = commit.snapshot
  const members = new tables.MemberCounts(counted)
  let newEntries = 0
  const committed: CommittedEvent[] = []
  for (const [i, item] of commit.events.entries()) {
    const nid = base + i + 1
    const { type, stateKey } = item.event
    const key = stateKey === undefined ? undefined : stateName(type, stateKey)
    const row = eventRow(item, nid, snapshot, key === undefined ? undefined : state!.nids.get(key))
    rows.events.push(tables.eventValues(row, item))
    if (key !== undefined && state !== undefined) {
      if (row.replaces === null) newEntries += 1
      rows.stateChanges.push([roomId, nid, type, stateKey!, nid, row.replaces])
      rows.currentState.set(`${roomId}\0${key}`, [roomId, type, stateKey!, nid])
      state.nids.set(key, nid)
      const layer = await state.snapshots.change(nid, state.keyIds.get(key)!, nid)
      rows.snapshots.push([nid, roomId, layer.parentId, layer.depth, packDelta(layer.delta)])
      snapshot = nid
    }
    if (item.member !== undefined) {
      members.add(item.member)
      const { userId, to, displayName, avatarUrl, forgotten } = item.member
      rows.noteDirectory(roomId, item.member)
      rows.members.set(`${roomId}\0${userId}`, [
        roomId,
        userId,
        to,
        nid,
        item.event.sender,
        displayName,
        avatarUrl,
        forgotten ? 1 : 0,
      ])
    }
    if (item.relation !== undefined && stateKey === undefined) rows.noteReply(row, item.relation)
    const done = tables.committedEvent(row, item)
    if (item.redacts !== undefined) rows.redactions.push(done)
    committed.push(done)
  }
  for (const txn of commit.txns ?? [])
    rows.txns.push([txn.userId, txn.deviceId, txn.scope, txn.txnId, txn.response, txn.createdTs])
  const lastPosition = base + commit.events.length
  rows.rooms.add(commit, { snapshot, lastPosition, newEntries, members })
  if (commit.create === undefined && joined !== undefined && members.joined !== 0)
    rows.noteJoined(roomId, joined, joined + members.joined)
  return { events: committed, snapshot }
}

function eventRow(item: NewEvent, nid: number, snapshot: number, replaces: number | undefined): EventRow {
  const { event } = item
  return {
    nid,
    position: nid,
    eventId: event.eventId,
    roomId: event.roomId,
    type: event.type,
    stateKey: event.stateKey ?? null,
    sender: event.sender,
    depth: event.depth,
    originServerTs: event.originServerTs,
    receivedTs: item.receivedTs,
    pdu: item.pdu,
    snapshot,
    replaces: replaces ?? null,
    redactedBy: null,
    txnDevice: item.txn?.deviceId ?? null,
    txnId: item.txn?.txnId ?? null,
    status: 0,
  }
}

function hasRest({ summary, addAliases, removeAliases, sentDelayed }: RoomCommit): boolean {
  const lists = [addAliases, removeAliases, sentDelayed]
  return lists.some((list) => list !== undefined && list.length > 0) || Object.keys(summary ?? {}).length > 0
}

/** What few commits have: the room's summary, aliases. */
async function writeRest(db: WriteHandle, commit: RoomCommit): Promise<void> {
  for (const { alias, creator, createdTs } of commit.addAliases ?? [])
    await db.send(
      'INSERT INTO room_aliases (alias, room_id, creator, created_ts) VALUES (?, ?, ?, ?)',
      alias,
      commit.roomId,
      creator,
      createdTs,
    )
  for (const delayId of commit.sentDelayed ?? [])
    await db.send('DELETE FROM delayed_events WHERE delay_id = ?', delayId)
  for (const alias of commit.removeAliases ?? [])
    await db.send('DELETE FROM room_aliases WHERE alias = ?', alias)
  if (Object.keys(commit.summary ?? {}).length > 0) await writeSummary(db, commit)
}

async function writeSummary(
  db: WriteHandle,
  { roomId, create, summary: changes }: RoomCommit,
): Promise<void> {
  const summary = Object.entries(changes ?? {})
  const columns = summary.map(
    ([name]) => `${tables.SUMMARY_COLUMNS[name as keyof typeof tables.SUMMARY_COLUMNS]} = ?`,
  )
  const values = summary.map(
    ([, value]): SqlValue => (typeof value === 'boolean' ? Number(value) : (value ?? null)),
  )
  const shows = () => (create === undefined ? showsMembers(db, roomId) : undefined)
  const changesOneOf = (...names: string[]) => summary.some(([name]) => names.includes(name))
  // One after another, as they are asked: only the first look is at the room before.
  const [before, , after] = await together([
    shows(),
    db.send(`UPDATE rooms SET ${columns.join(', ')} WHERE room_id = ?`, ...values, roomId),
    shows(),
    changesOneOf('name', 'canonicalAlias') ? indexRoom(db, roomId) : undefined,
    changesOneOf('name', 'canonicalAlias', 'topic') ? indexPublicRoom(db, roomId) : undefined,
  ])
  if (before !== after) await queueDirectoryRooms(db, new Set([roomId]))
}

/** Whether anybody may see who is in the room. */
async function showsMembers(db: WriteHandle, roomId: string): Promise<boolean> {
  const row = await db.get(
    "SELECT 1 AS found FROM rooms WHERE room_id = ? AND (join_rule = 'public' OR history_visibility = 'world_readable')",
    roomId,
  )
  return row !== undefined
}
