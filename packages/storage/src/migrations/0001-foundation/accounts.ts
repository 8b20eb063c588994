/** Accounts and everything that belongs to one. */
export const accountsSchema = `
`
