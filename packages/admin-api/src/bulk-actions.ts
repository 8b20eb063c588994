/** What a bulk job does to accounts. `quarantine_media` takes files as well. */
export const ACCOUNT_ACTIONS = [
  'deactivate',
  'erase',
  'suspend',
  'unsuspend',
  'shadow_ban',
  'unshadow_ban',
  'lock',
  'unlock',
  'log_out',
  'redact',
  'quarantine_media',
] as const
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number]

/** What the server does to a membership, in one room or in all rooms of a user. */
export const MEMBERSHIP_ACTIONS = ['kick', 'ban', 'unban', 'leave'] as const
export type MembershipAction = (typeof MEMBERSHIP_ACTIONS)[number]

/** All that bulk jobs do, in the order they are documented. */
export const BULK_ACTIONS = [...ACCOUNT_ACTIONS, 'delete_devices', ...MEMBERSHIP_ACTIONS] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]
