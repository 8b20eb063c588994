/** An answer with names in the place of ids. */
export interface Named {
  status: number
  /** Those a script asked to be compared. */
  headers: Readonly<Record<string, string | undefined>>
  body: unknown
}

/** What to overlook in one comparison. */
export interface Overlook {
  /** Only types are compared, and of lists those of all items together: the servers have different things to show. */
  values?: boolean
  /** The order of lists says nothing. */
  order?: boolean
}

type Kind = 'null' | 'list' | 'object' | 'text' | 'number' | 'boolean' | 'nothing'

/** In what two answers to the same request differ, a line each: ours first, then theirs. */
export function differencesOf(ours: Named, theirs: Named, overlook: Overlook = {}): string[] {
  const lines: string[] = []
  if (ours.status !== theirs.status) lines.push(`status: ${ours.status}, there ${theirs.status}`)
  for (const name of Object.keys({ ...ours.headers, ...theirs.headers }))
    if (ours.headers[name] !== theirs.headers[name])
      lines.push(`header ${name}: ${shown(ours.headers[name])}, there ${shown(theirs.headers[name])}`)
  // Where one fails and the other does not, the bodies have nothing in common.
  if (ours.status < 400 === theirs.status < 400) compare('', ours.body, theirs.body, { lines, overlook })
  else lines.push(`body: ${shown(errorOf(ours))}, there ${shown(errorOf(theirs))}`)
  return lines
}

interface Walk {
  lines: string[]
  overlook: Overlook
}

function compare(at: string, ours: unknown, theirs: unknown, walk: Walk): void {
  const [kind, other] = [kindOf(ours), kindOf(theirs)]
  // Of other things something may be known that is not of these.
  if (walk.overlook.values === true && (kind === 'null' || other === 'null')) return
  if (kind !== other) {
    walk.lines.push(`${at || 'body'}: ${kind} ${shown(ours)}, there ${other} ${shown(theirs)}`)
    return
  }
  if (kind === 'list') compareLists(at, ours as unknown[], theirs as unknown[], walk)
  else if (kind === 'object')
    compareObjects(at, ours as Record<string, unknown>, theirs as Record<string, unknown>, walk)
  else if (walk.overlook.values !== true && ours !== theirs)
    walk.lines.push(`${at || 'body'}: ${shown(ours)}, there ${shown(theirs)}`)
}

function compareObjects(
  at: string,
  ours: Record<string, unknown>,
  theirs: Record<string, unknown>,
  walk: Walk,
): void {
  for (const key of Object.keys({ ...ours, ...theirs }).toSorted()) {
    const place = at === '' ? key : `${at}.${key}`
    if (walk.overlook.values === true && at === '' && key.startsWith('next_')) continue
    if (!Object.hasOwn(theirs, key)) walk.lines.push(`${place}: only here, ${shown(ours[key])}`)
    else if (!Object.hasOwn(ours, key)) walk.lines.push(`${place}: only there, ${shown(theirs[key])}`)
    else compare(place, ours[key], theirs[key], walk)
  }
}

/** State and account data are sets, and so are who is there and which devices have changed. */
const SET =
  /(^|\.)(state|required_state|state_after|invite_state|account_data|presence|device_lists)(\.[^.[\]]+)?$/

function compareLists(at: string, ours: unknown[], theirs: unknown[], walk: Walk): void {
  const [mine, other] =
    walk.overlook.order === true || SET.test(at) ? [sorted(ours), sorted(theirs)] : [ours, theirs]
  if (walk.overlook.values === true) {
    if (mine.length > 0 && other.length > 0) compare(`${at}[]`, together(mine), together(other), walk)
    return
  }
  if (mine.length !== other.length)
    walk.lines.push(
      `${at}: ${mine.length} items, there ${other.length}: ${shown(mine)}, there ${shown(other)}`,
    )
  else for (const [i, each] of mine.entries()) compare(`${at}[${i}]`, each, other[i], walk)
}

/** One item with the members of all; of texts and numbers the first. */
function together(list: unknown[]): unknown {
  return list.every((item) => kindOf(item) === 'object') ? Object.assign({}, ...list.toReversed()) : list[0]
}

const NAMING = ['type', 'state_key', 'device_id', 'room_id', 'media_id', 'user_id', 'app_id', 'pushkey']

/** By what the items are called where they have a name, so that a member more does not change the order. */
function sorted(list: unknown[]): unknown[] {
  const keyOf = (item: unknown) => {
    const own = typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {}
    return JSON.stringify([...NAMING.map((name) => own[name] ?? ''), item])
  }
  return list.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function kindOf(value: unknown): Kind {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  // Names stand in the place of numbers, too: what they name is seen by their text.
  if (typeof value === 'string') return /^<(ms|s|number)>$/.test(value) ? 'number' : 'text'
  return typeof value as 'object' | 'number' | 'boolean'
}

function errorOf({ body }: Named): unknown {
  return typeof body === 'object' && body !== null && 'errcode' in body ? body.errcode : body
}

const MAX_SHOWN = 300

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
