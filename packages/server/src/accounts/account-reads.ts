import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type {
  AccountDataRow,
  AccountDetails,
  AccountFilter,
  AccountPage,
  AccountSummary,
  Connection,
  ExternalId,
  Membership,
  Storage,
  SummaryText,
  Threepid,
} from '@ranvier/storage'
import { AccountTexts, type ListAccountTexts } from './account-texts.ts'
import type { AccountsConfig } from './config.ts'
import { DetailsTexts, type FindDetailsText } from './details-texts.ts'
import type { SeenRecorder } from './sessions/record-seen.ts'

/** What administrators read about accounts, with activity up to this moment. */
export interface AccountReads {
  find(userId: UserId): Promise<AccountDetails | undefined>
  /** The same as text, which is remembered: `write` must always write the same of one account. */
  detailsBy(write: (details: AccountDetails) => string): FindDetailsText
  exists(userId: UserId): Promise<boolean>
  isAdmin(userId: UserId): Promise<boolean>
  list(
    filter: AccountFilter,
    page: AccountPage,
  ): Promise<{ accounts: readonly AccountSummary[]; total: number }>
  /** The same as texts, of which memory holds those of a small server. */
  textsBy(text: SummaryText): ListAccountTexts
  /** Where the user was seen from, latest first; empty for an unknown user. */
  connections(userId: UserId): Promise<Connection[]>
  threepids(userId: UserId): Promise<Threepid[]>
  /** Whose address it is, written as it is kept. */
  findByThreepid(medium: string, address: string): Promise<UserId | undefined>
  findByExternalId(externalId: ExternalId): Promise<UserId | undefined>
  /** Everything clients keep for the user, but for push rules. */
  accountData(userId: UserId): Promise<AccountDataRow[]>
  /** What any user, known or not, is to rooms this server knows; forgotten rooms are among them. */
  memberships(userId: string): Promise<{ roomId: RoomId; membership: Membership }[]>
  /** Since `fromTs`, ms since epoch, inclusive. Kicks and bans are no invites. */
  countInvitesSent(userId: string, fromTs: number): Promise<number>
  /** Rooms joined since `fromTs`, also those left again. */
  countRoomsJoined(userId: string, fromTs: number): Promise<number>
}

export function accountReads(deps: {
  storage: Pick<Storage, 'read' | 'accountsVersion'>
  config: Pick<AccountsConfig, 'accountCacheBytes'>
  seen: Pick<SeenRecorder, 'isSettled' | 'settle'>
}): AccountReads {
  const { seen } = deps
  const { accounts, threepids, userIps, accountData, members, roomActivity } = deps.storage.read
  return {
    async find(userId) {
      await seen.settle()
      return accounts.findDetails(userId)
    },
    detailsBy(write) {
      const texts = new DetailsTexts(deps.storage, write)
      return (userId) => (seen.isSettled ? texts.find(userId) : seen.settle().then(() => texts.find(userId)))
    },
    exists: async (userId) => (await accounts.find(userId)) !== undefined,
    isAdmin: (userId) => accounts.isAdmin(userId),
    async list(filter, page) {
      await seen.settle()
      return accounts.search(filter, page)
    },
    textsBy(text) {
      const texts = new AccountTexts(accounts, { bytes: deps.config.accountCacheBytes, text })
      return async (filter, page) => {
        await seen.settle()
        return texts.list(filter, page)
      }
    },
    async connections(userId) {
      await seen.settle()
      return userIps.list(userId)
    },
    threepids: (userId) => threepids.list(userId),
    findByThreepid: (medium, address) => threepids.findOwner(medium, address),
    findByExternalId: ({ authProvider, externalId }) => threepids.findExternalOwner(authProvider, externalId),
    accountData: (userId) => accountData.listAll(userId),
    memberships: (userId) => members.roomsOf(userId),
    countInvitesSent: (userId, fromTs) => roomActivity.countInvitesSent(userId, fromTs),
    countRoomsJoined: (userId, fromTs) => roomActivity.countRoomsJoined(userId, fromTs),
  }
}
