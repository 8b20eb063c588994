/** How far somebody has been told, in each of the streams that events are made of. */
export interface Place {
  accounts: number
  reports: number
  jobs: number
  audit: number
}

const NAMES = ['accounts', 'reports', 'jobs', 'audit'] as const

/** As the `id` of an event: with it one goes on behind that event. */
export const placeText = (place: Place): string =>
  `e1_${NAMES.map((name) => place[name].toString(36)).join('_')}`

/** `undefined` for text that is none. */
export function parsePlace(text: string): Place | undefined {
  if (!/^e1(_[0-9a-z]{1,10}){4}$/.test(text)) return undefined
  const [accounts, reports, jobs, audit] = text
    .slice(3)
    .split('_')
    .map((part) => Number.parseInt(part, 36)) as [number, number, number, number]
  return { accounts, reports, jobs, audit }
}
