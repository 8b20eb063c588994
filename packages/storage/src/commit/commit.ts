import type { SqlValue, WriteHandle } from '../db/types.ts'
import { queueDirectoryRooms } from '../stores/directory/user-directory-queue.ts'
import { countedDevices } from '../stores/rooms/joined-devices.ts'
import { indexPublicRoom } from '../stores/rooms/public-texts.ts'
import { indexRoom } from '../stores/rooms/texts.ts'
import type { EventRow } from '../stores/rooms/types.ts'
import { type Fact, takePositions } from '../streams.ts'
import { packDelta } from './snapshot-codec.ts'
import { SnapshotChain } from './snapshots.ts'
import { stateKeyIds } from './state-key-ids.ts'
import * as tables from './tables.ts'
import type { CommittedEvent, NewEvent, RoomCommit, RoomCommitResult } from './types.ts'

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
  let position = total === 0 ? 0 : (await takePositions(db, 'events', total)) - total
  const counted = await countedDevices(db, movedMembers(commits))
  const rows = new tables.Rows()
  const results: RoomCommitResult[] = []
  const facts: Fact[] = []
  for (const commit of commits) {
    const result = await planRoom(db, commit, { base: position, counted }, rows)
    position += commit.events.length
    results.push(result)
    for (const event of result.events)
      facts.push({ stream: 'events', position: event.row.nid, key: commit.roomId, detail: event })
  }
  await rows.write(db)
  for (const commit of commits) if (hasRest(commit)) await writeRest(db, commit)
  return { results, facts }
}

/** Who comes or goes. */
function movedMembers(commits: readonly RoomCommit[]): string[] {
  const moved = new Set<string>()
  for (const { events } of commits)
    for (const { member } of events)
      if (member !== undefined && (member.from === 'join') !== (member.to === 'join'))
        moved.add(member.userId)
  return [...moved]
}

/** Gives the events their positions, snapshots and replaced events, and adds their rows to `rows`. */
async function planRoom(
  db: WriteHandle,
  commit: RoomCommit,
  { base, counted }: { base: number; counted: ReadonlyMap<string, number> },
  rows: tables.Rows,
): Promise<RoomCommitResult> {
  const { roomId } = commit
  const stateEvents = commit.events.filter((item) => item.event.stateKey !== undefined)
  const state = stateEvents.length === 0 ? undefined : await stateBefore(db, commit, stateEvents)
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
  if (commit.create !== undefined || members.joined !== 0)
    rows.countedRooms.set(roomId, commit.create !== undefined)
  return { events: committed, snapshot }
}

/** The numbers of the state entries that will change, what they are now, and the snapshots that end here. */
async function stateBefore(db: WriteHandle, { roomId, snapshot }: RoomCommit, events: NewEvent[]) {
  return {
    keyIds: await stateKeyIds(db, roomId, events),
    nids: await currentNids(db, roomId, events),
    snapshots: await SnapshotChain.from(db, snapshot),
  }
}

const stateName = (type: string, stateKey: string): string => `${type}\0${stateKey}`

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

/** What the state entries that will change are now: `type \0 stateKey` → nid. */
async function currentNids(
  db: WriteHandle,
  roomId: string,
  events: NewEvent[],
): Promise<Map<string, number>> {
  const nids = new Map<string, number>()
  const seen = new Set<string>()
  for (const { event } of events) {
    const name = stateName(event.type, event.stateKey!)
    if (seen.has(name)) continue
    seen.add(name)
    const row = await db.get<{ nid: number }>(
      'SELECT nid FROM current_state WHERE room_id = ? AND type = ? AND state_key = ?',
      roomId,
      event.type,
      event.stateKey!,
    )
    if (row !== undefined) nids.set(name, row.nid)
  }
  return nids
}

function hasRest({ summary, addAliases, removeAliases, sentDelayed }: RoomCommit): boolean {
  const lists = [addAliases, removeAliases, sentDelayed]
  return lists.some((list) => list !== undefined && list.length > 0) || Object.keys(summary ?? {}).length > 0
}

/** What few commits have: the room's summary, aliases. */
async function writeRest(db: WriteHandle, commit: RoomCommit): Promise<void> {
  const summary = Object.entries(commit.summary ?? {})
  if (summary.length > 0) {
    const before = commit.create === undefined ? await showsMembers(db, commit.roomId) : undefined
    const columns = summary.map(
      ([name]) => `${tables.SUMMARY_COLUMNS[name as keyof typeof tables.SUMMARY_COLUMNS]} = ?`,
    )
    const values = summary.map(
      ([, value]): SqlValue => (typeof value === 'boolean' ? Number(value) : (value ?? null)),
    )
    await db.run(`UPDATE rooms SET ${columns.join(', ')} WHERE room_id = ?`, ...values, commit.roomId)
    if (summary.some(([name]) => name === 'name' || name === 'canonicalAlias'))
      await indexRoom(db, commit.roomId)
    if (summary.some(([name]) => name === 'name' || name === 'canonicalAlias' || name === 'topic'))
      await indexPublicRoom(db, commit.roomId)
    if (before !== undefined && before !== (await showsMembers(db, commit.roomId)))
      await queueDirectoryRooms(db, new Set([commit.roomId]))
  }
  for (const { alias, creator, createdTs } of commit.addAliases ?? [])
    await db.run(
      'INSERT INTO room_aliases (alias, room_id, creator, created_ts) VALUES (?, ?, ?, ?)',
      alias,
      commit.roomId,
      creator,
      createdTs,
    )
  for (const delayId of commit.sentDelayed ?? [])
    await db.run('DELETE FROM delayed_events WHERE delay_id = ?', delayId)
  for (const alias of commit.removeAliases ?? [])
    await db.run('DELETE FROM room_aliases WHERE alias = ?', alias)
}

/** Whether anybody may see who is in the room. */
async function showsMembers(db: WriteHandle, roomId: string): Promise<boolean> {
  const row = await db.get(
    "SELECT 1 AS found FROM rooms WHERE room_id = ? AND (join_rule = 'public' OR history_visibility = 'world_readable')",
    roomId,
  )
  return row !== undefined
}
