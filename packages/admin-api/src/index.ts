export * from './devices.ts'
export * from './register.ts'
export * from './users.ts'
export * from './whois.ts'
