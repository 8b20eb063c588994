/** Which state of a room a client wants, as one list or subscription says it. MSC4186 */
export interface RequiredState {
  /** State keys by event type; `*` stands for any, on either side. */
  readonly keysByType: ReadonlyMap<string, ReadonlySet<string>>
  /** Member events of those who speak. */
  readonly lazyMembers: boolean
  /** The same for two that want the same. */
  readonly name: string
}

/** So much of what was wanted before is remembered beside what is wanted now, in characters of names. */
const MAX_REMEMBERED = 16_384

const ANY = '*'
const ME = '$ME'
const LAZY = '$LAZY'
export const MEMBER = 'm.room.member'
const NO_KEYS: ReadonlySet<string> = new Set()

/** Reads pairs of type and state key; `$ME` becomes `userId`. */
export function requiredStateOf(
  pairs: readonly (readonly [type: string, stateKey: string])[],
  userId: string,
): RequiredState {
  const keysByType = new Map<string, Set<string>>()
  let lazyMembers = false
  for (const [type, stateKey] of pairs) {
    let keys = keysByType.get(type)
    if (keys === undefined) keysByType.set(type, (keys = new Set()))
    if (type === MEMBER && stateKey === LAZY) lazyMembers = true
    else keys.add(stateKey === ME ? userId : stateKey)
  }
  const sorted = [...keysByType].map(([type, keys]) => [type, ...[...keys].sort()])
  sorted.sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
  return { keysByType, lazyMembers, name: JSON.stringify([lazyMembers, sorted]) }
}

/** MSC4186: beside `["*", "*"]`, what else is said of a type restricts that type. */
function wants({ keysByType }: RequiredState, type: string, stateKey: string): boolean {
  const keys = keysByType.get(type)
  if (keys?.has(stateKey) || keys?.has(ANY)) return true
  const ofAnyType = keysByType.get(ANY)
  if (ofAnyType === undefined) return false
  return ofAnyType.has(stateKey) || (ofAnyType.has(ANY) && keys === undefined)
}

/** What several lists and subscriptions want of one room: the union. */
export class RequiredStates {
  readonly all: readonly RequiredState[]
  readonly lazyMembers: boolean
  /** What it takes in memory, in characters. */
  readonly length: number

  constructor(all: readonly RequiredState[]) {
    const byName = new Map(all.map((each) => [each.name, each]))
    this.all = [...byName.values()]
    this.lazyMembers = this.all.some((each) => each.lazyMembers)
    this.length = this.all.reduce((sum, { name }) => sum + name.length, 0)
  }

  wants(type: string, stateKey: string): boolean {
    return this.all.some((each) => wants(each, type, stateKey))
  }

  /** Every member of the room is wanted, not only some by name. */
  get wantsAllMembers(): boolean {
    return this.all.some((each) => wants(each, MEMBER, ANY))
  }

  /** Users whose member events are wanted by name. */
  get members(): string[] {
    const keys = this.all.flatMap(({ keysByType }) => [
      ...(keysByType.get(MEMBER) ?? NO_KEYS),
      ...(keysByType.get(ANY) ?? NO_KEYS),
    ])
    return [...new Set(keys)].filter((key) => key !== ANY && key !== '')
  }

  /** True if `others` want nothing that this does not. May say no where a closer look would say yes. */
  covers(others: RequiredStates): boolean {
    return others.all.every(({ name }) => this.all.some((each) => each.name === name))
  }

  with(other: RequiredStates): RequiredStates {
    return this.covers(other) ? this : new RequiredStates([...this.all, ...other.all])
  }

  /**
   * What a client has been told once it has been told of `later` as well. Of much only the later is remembered: a client that
   * comes back to the earlier is told it again.
   */
  followedBy(later: RequiredStates): RequiredStates {
    const both = this.with(later)
    return both.length > MAX_REMEMBERED ? later : both
  }
}
