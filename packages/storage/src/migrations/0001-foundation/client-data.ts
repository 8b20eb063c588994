/** What clients keep on the server beside rooms: account data, filters, receipts, to-device messages, presence. */
export const clientDataSchema = `
`
