export * from './account-validity.ts'
export * from './background-updates.ts'
export * from './bulk-jobs.ts'
export {
  AdminApiError,
  type AdminClient,
  type AdminClientOptions,
  createAdminClient,
} from './client/client.ts'
export * from './common.ts'
export * from './devices.ts'
export * from './events.ts'
export * from './federation.ts'
export * from './media.ts'
export * from './memberships.ts'
export * from './purge-history.ts'
export * from './pushers.ts'
export * from './redactions.ts'
export * from './register.ts'
export * from './registration-tokens.ts'
export * from './reports.ts'
export * from './rooms.ts'
export * from './scheduled-tasks.ts'
export * from './server-notices.ts'
export * from './sessions.ts'
export * from './statistics.ts'
export * from './user-media.ts'
export * from './users.ts'
export * from './whois.ts'
