import type { RoomId } from '@ranvier/protocol/ids/brands'
import { type AccountDataRow, DELETED } from '@ranvier/storage'
import type { PushRules } from '../push/push-rules.ts'
import { matchesRoom, matchesType } from '../rooms/reads/filter-match.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { SyncFilter } from './filter.ts'
import { bareEvent } from './response-text.ts'
import type { SyncScope } from './scope.ts'

/** What an answer has to say of the user's data. */
export interface AccountDataNews {
  /** Of no room. */
  global: readonly AccountDataRow[]
  rooms: ReadonlyMap<RoomId, readonly AccountDataRow[]>
  pushRulesChanged: boolean
}

/** Everything for a first sync, what changed since for others. */
export async function accountDataNews(reads: RoomReads, scope: SyncScope): Promise<AccountDataNews> {
  const { userId, user, since, upTo } = scope
  const { accountData, pushRules } = reads.storage.read
  if (since === undefined) {
    // Who has heard of nothing need not hear of what was deleted.
    const rows = await accountData.changes(userId, 0, upTo.accountData)
    return { ...sorted(rows.filter(({ content }) => content !== DELETED)), pushRulesChanged: true }
  }
  const after = since.accountData
  const unchanged = after >= user.start.accountData && user.accountData <= after
  if (unchanged) return { global: [], rooms: new Map(), pushRulesChanged: false }
  const [rows, rules] = await Promise.all([
    accountData.changes(userId, after, upTo.accountData),
    pushRules.find(userId),
  ])
  const pushRulesChanged = rules !== undefined && rules.position > after && rules.position <= upTo.accountData
  return { ...sorted(rows), pushRulesChanged }
}

/** The section of data that belongs to no room. */
export async function globalAccountData(
  rules: PushRules,
  { userId, filter }: SyncScope,
  news: AccountDataNews,
): Promise<string[]> {
  const events = news.global
    .filter(({ type }) => matchesType(filter.accountData, type))
    .map(({ type, content }) => bareEvent(type, content))
  // Clients cannot do without their push rules: they are always there, also when nothing was ever stored.
  if (news.pushRulesChanged && matchesType(filter.accountData, 'm.push_rules'))
    events.push(bareEvent('m.push_rules', (await rules.of(userId)).text))
  return events
}

/** The section of data that belongs to a room. */
export function roomAccountData(
  { room: { accountData: filter } }: SyncFilter,
  roomId: RoomId,
  rows: readonly AccountDataRow[],
): string[] {
  if (!matchesRoom(filter, roomId)) return []
  return rows
    .filter(({ type }) => matchesType(filter, type))
    .map(({ type, content }) => bareEvent(type, content))
}

function sorted(rows: readonly AccountDataRow[]): Omit<AccountDataNews, 'pushRulesChanged'> {
  const global: AccountDataRow[] = []
  const rooms = new Map<RoomId, AccountDataRow[]>()
  for (const row of rows) {
    if (row.roomId === null) global.push(row)
    else {
      const list = rooms.get(row.roomId)
      if (list === undefined) rooms.set(row.roomId, [row])
      else list.push(row)
    }
  }
  return { global, rooms }
}
