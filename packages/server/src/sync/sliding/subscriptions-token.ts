/** A place among the changes of a user's thread subscriptions. Changes up to and with it lie before it. MSC4308 */
export function subscriptionsToken(position: number): string {
  return `t1_${position.toString(36)}`
}

/** `undefined` for what is no such token. */
export function subscriptionsPlaceOf(token: string): number | undefined {
  const match = /^t1_([0-9a-z]{1,10})$/.exec(token)
  return match === null ? undefined : Number.parseInt(match[1]!, 36)
}
