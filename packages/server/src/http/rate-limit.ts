// One folder up for the same reason as `errors.ts`: domain folders count actions too and do not know HTTP.
export * from '../rate-limit.ts'
