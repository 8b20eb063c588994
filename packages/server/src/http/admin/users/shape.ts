import type { UserDetails, UserListItem } from '@ranvier/admin-api/users'
import type { AccountDetails, AccountSummary } from '@ranvier/storage'
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

export function userListItem(account: AccountSummary, { compat }: Pick<ShapeDeps, 'compat'>): UserListItem {
  return {
    name: account.userId,
    user_type: account.userType,
    is_guest: flag(account.isGuest, compat),
    admin: flag(account.admin, compat),
    deactivated: flag(account.deactivated, compat),
    shadow_banned: flag(account.shadowBanned, compat),
    displayname: account.displayname,
    avatar_url: account.avatarUrl,
    creation_ts: account.createdTs,
    last_seen_ts: account.lastSeenTs,
    erased: account.erased,
    locked: account.locked,
    // Synapse lists it whether MSC3866 is on or not, though it shows it of single accounts only then.
    approved: account.approved,
  }
}
