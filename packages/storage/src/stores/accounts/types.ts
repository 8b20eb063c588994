import type { UserId } from '@ranvier/protocol/ids/brands'
import type { SqlValue } from '../../db/types.ts'

/** A local account. Times are milliseconds since epoch. */
export interface Account {
  userId: UserId
  admin: boolean
  /** bcrypt; null when the account cannot log in with a password. */
  passwordHash: string | null
  createdTs: number
  isGuest: boolean
  deactivated: boolean
  /** What the account sent is hidden from those who come later. */
  erased: boolean
  shadowBanned: boolean
  locked: boolean
  suspended: boolean
  approved: boolean
  userType: string | null
  appserviceId: string | null
  consentVersion: string | null
  consentServerNoticeSent: string | null
  consentTs: number | null
  displayname: string | null
  avatarUrl: string | null
  /** False: a profile lookup answers 404. An existing profile may be empty. */
  hasProfile: boolean
  lastSeenTs: number | null
}

/** What may change about an account. Its name, age and last activity have their own ways. */
export type AccountPatch = Partial<Omit<Account, 'userId' | 'createdTs' | 'lastSeenTs'>>

export type NewAccount = Pick<Account, 'userId' | 'createdTs'> & AccountPatch

/** What lists show of an account: half of its row, which is what a page of a hundred costs most. */
export type AccountSummary = Pick<
  Account,
  | 'userId'
  | 'admin'
  | 'createdTs'
  | 'isGuest'
  | 'deactivated'
  | 'erased'
  | 'shadowBanned'
  | 'locked'
  | 'suspended'
  | 'approved'
  | 'userType'
  | 'displayname'
  | 'avatarUrl'
  | 'lastSeenTs'
>

/** What {@link SUMMARY_COLUMNS} gives. */
export interface SummaryRow {
  name: string
  flags: number
  creation_ts: number
  user_type: string | null
  displayname: string | null
  avatar_url: string | null
  last_seen_ts: number | null
}

export interface AccountRow extends SummaryRow {
  password_hash: string | null
  appservice_id: string | null
  consent_version: string | null
  consent_server_notice_sent: string | null
  consent_ts: number | null
  has_profile: number
}

const FLAGS = [
  'is_guest',
  'deactivated',
  'erased',
  'shadow_banned',
  'locked',
  'suspended',
  'approved',
] as const
const FLAG = Object.fromEntries(FLAGS.map((name, i) => [name, 1 << i])) as Record<
  (typeof FLAGS)[number],
  number
>
/** Above all others: it is changed by hand, and whatever it is then leaves the others as they are. */
const ADMIN = 1 << FLAGS.length

/** The flags come as one number: what a page of a hundred costs most is to take its values one by one. */
export const SUMMARY_COLUMNS = `name, admin * ${ADMIN} + ${FLAGS.map((name) => `${name} * ${FLAG[name]}`).join(' + ')} AS flags,
  creation_ts, user_type, displayname, avatar_url, last_seen_ts`

export const ACCOUNT_COLUMNS = `${SUMMARY_COLUMNS}, password_hash, appservice_id, consent_version, consent_server_notice_sent,
  consent_ts, has_profile`

export function toSummary(row: SummaryRow): AccountSummary {
  const { flags } = row
  return {
    userId: row.name as UserId, // was parsed before it was written
    admin: Math.floor(flags / ADMIN) === 1,
    createdTs: row.creation_ts,
    isGuest: (flags & FLAG.is_guest) !== 0,
    deactivated: (flags & FLAG.deactivated) !== 0,
    erased: (flags & FLAG.erased) !== 0,
    shadowBanned: (flags & FLAG.shadow_banned) !== 0,
    locked: (flags & FLAG.locked) !== 0,
    suspended: (flags & FLAG.suspended) !== 0,
    approved: (flags & FLAG.approved) !== 0,
    userType: row.user_type,
    displayname: row.displayname,
    avatarUrl: row.avatar_url,
    lastSeenTs: row.last_seen_ts,
  }
}

export function toAccount(row: AccountRow): Account {
  return {
    ...toSummary(row),
    passwordHash: row.password_hash,
    appserviceId: row.appservice_id,
    consentVersion: row.consent_version,
    consentServerNoticeSent: row.consent_server_notice_sent,
    consentTs: row.consent_ts,
    hasProfile: row.has_profile === 1,
  }
}

/** The column of each member that {@link AccountPatch} may name. */
export const PATCH_COLUMNS: Readonly<Record<keyof AccountPatch, string>> = {
  admin: 'admin',
  passwordHash: 'password_hash',
  isGuest: 'is_guest',
  deactivated: 'deactivated',
  erased: 'erased',
  shadowBanned: 'shadow_banned',
  locked: 'locked',
  suspended: 'suspended',
  approved: 'approved',
  userType: 'user_type',
  appserviceId: 'appservice_id',
  consentVersion: 'consent_version',
  consentServerNoticeSent: 'consent_server_notice_sent',
  consentTs: 'consent_ts',
  displayname: 'displayname',
  avatarUrl: 'avatar_url',
  hasProfile: 'has_profile',
}

/** The column of each member of an {@link AccountSummary}. */
export const SUMMARY_COLUMN: Readonly<Record<keyof AccountSummary, string>> = {
  ...PATCH_COLUMNS,
  userId: 'name',
  createdTs: 'creation_ts',
  lastSeenTs: 'last_seen_ts',
}

/** Whether it is a truth value, which the database holds as 0 or 1. */
export function isFlag(member: keyof AccountSummary): boolean {
  return member === 'admin' || (FLAGS as readonly string[]).includes(SUMMARY_COLUMN[member])
}

const PATCH_KEYS = Object.keys(PATCH_COLUMNS) as (keyof AccountPatch)[]

/** What is not said of a new account. */
const BLANK: Omit<Account, 'userId' | 'createdTs'> = {
  admin: false,
  passwordHash: null,
  isGuest: false,
  deactivated: false,
  erased: false,
  shadowBanned: false,
  locked: false,
  suspended: false,
  approved: true,
  userType: null,
  appserviceId: null,
  consentVersion: null,
  consentServerNoticeSent: null,
  consentTs: null,
  displayname: null,
  avatarUrl: null,
  hasProfile: true,
  lastSeenTs: null,
}

export function blankAccount({ userId, createdTs, ...patch }: NewAccount): Account {
  const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  return { ...BLANK, ...(said as AccountPatch), userId, createdTs }
}

export function boundOf(value: Account[keyof AccountPatch]): SqlValue {
  return typeof value === 'boolean' ? (value ? 1 : 0) : value
}

/** Adds the row of a new account. */
export const INSERT_ACCOUNT = `INSERT INTO users (id, name, creation_ts, kind, search_text, ${PATCH_KEYS.map(
  (key) => PATCH_COLUMNS[key],
).join(', ')}) VALUES (?, ?, ?, ?, ?, ${PATCH_KEYS.map(() => '?').join(', ')})`

export function insertedFields(account: Account): SqlValue[] {
  return PATCH_KEYS.map((key) => boundOf(account[key]))
}
