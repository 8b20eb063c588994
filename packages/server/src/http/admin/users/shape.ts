import type { UserDetails, UserListItem } from '@ranvier/admin-api/users'
import { type AccountDetails, type AccountSummary, type SummaryText, summaryText } from '@ranvier/storage'
import type { Accounts } from '../../../accounts/accounts.ts'

/** `admin_api.compat` */
export type AdminCompat = 'current' | '2021'

interface ShapeDeps {
  compat: AdminCompat
  accounts: Pick<Accounts, 'config'>
}

/** A truth value as clients expect it: `2021` clients compare with 1. */
function flag(value: boolean, compat: AdminCompat): boolean | 0 | 1 {
  return compat === '2021' ? (value ? 1 : 0) : value
}

/** `creation_ts` is in seconds here and in milliseconds in the list: so it is documented, so clients read it. */
export function userDetails(details: AccountDetails, { compat, accounts }: ShapeDeps): UserDetails {
  const { account, threepids, externalIds } = details
  return {
    name: account.userId,
    displayname: account.displayname,
    avatar_url: account.avatarUrl,
    threepids: threepids.map(({ medium, address, validatedTs, addedTs }) => ({
      medium,
      address,
      validated_at: validatedTs,
      added_at: addedTs,
    })),
    external_ids: externalIds.map(({ authProvider, externalId }) => ({
      auth_provider: authProvider,
      external_id: externalId,
    })),
    admin: flag(account.admin, compat),
    deactivated: flag(account.deactivated, compat),
    shadow_banned: flag(account.shadowBanned, compat),
    is_guest: account.isGuest,
    erased: account.erased,
    locked: account.locked,
    suspended: account.suspended,
    user_type: account.userType,
    creation_ts: Math.floor(account.createdTs / 1000),
    last_seen_ts: account.lastSeenTs,
    appservice_id: account.appserviceId,
    consent_version: account.consentVersion,
    consent_server_notice_sent: account.consentServerNoticeSent,
    consent_ts: account.consentTs,
    ...(accounts.config.approval.enabled && { approved: account.approved }),
    ...(compat === '2021' && { password_hash: account.passwordHash }),
  }
}

/** What an item of the list shows of an account, in the order of its members. */
const LISTED: Record<keyof UserListItem, keyof AccountSummary> = {
  name: 'userId',
  user_type: 'userType',
  is_guest: 'isGuest',
  admin: 'admin',
  deactivated: 'deactivated',
  shadow_banned: 'shadowBanned',
  displayname: 'displayname',
  avatar_url: 'avatarUrl',
  creation_ts: 'createdTs',
  last_seen_ts: 'lastSeenTs',
  erased: 'erased',
  locked: 'locked',
  // Synapse lists it whether MSC3866 is on or not, though it shows it of single accounts only then.
  approved: 'approved',
}
/** Of these clients of 2021 expect numbers. */
const FLAGS_OF_2021: ReadonlySet<string> = new Set(['is_guest', 'admin', 'deactivated', 'shadow_banned'])

/** How an item of the list is written. */
export function userListText(compat: AdminCompat): SummaryText {
  const members = Object.entries(LISTED).map(([key, member]) => ({
    key,
    member,
    isNumber: compat === '2021' && FLAGS_OF_2021.has(key),
  }))
  return summaryText(members)
}
