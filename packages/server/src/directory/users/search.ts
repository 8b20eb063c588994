import type { UserId } from '@ranvier/protocol/ids/brands'
import {
  type DirectoryEntry,
  type DirectoryMatch,
  EVERYBODY,
  IN_PUBLIC_ROOMS,
  type NameRange,
  type Storage,
} from '@ranvier/storage'
import { fold, namesOf, wholeName, wordsOf } from './names.ts'

export interface UserSearchConfig {
  enabled: boolean
  /** Everybody is found, not only who is in public or shared rooms. */
  searchAllUsers: boolean
  /** Users of this server come before others. */
  preferLocalUsers: boolean
  showLockedUsers: boolean
}

export interface FoundUser extends DirectoryEntry {
  userId: UserId
}

/** Best matches first: the whole name, its beginning, the beginnings of words in it. `limited`: there are more. */
export type SearchUsers = (
  by: UserId,
  term: string,
  limit: number,
) => Promise<{ users: FoundUser[]; limited: boolean }>

/** No name is behind this, followed by anything. */
const LAST = '\u{10FFFF}'
/** Somebody may have several names in one range: so many are read for one user wanted. */
const NAMES_PER_USER = 3
/** Of several words the longest is looked up; so many who have it are asked for the others. */
const MAX_CANDIDATES = 500

/** One range to look in, and who counts of those found there. */
interface Step extends Pick<NameRange, 'kind' | 'from' | 'to'> {
  otherWords?: readonly string[]
}

/** Spec: CS API §User directory. Synapse: usage/configuration/config_documentation §user_directory */
export function searchUsers(deps: { storage: Pick<Storage, 'read'>; config: UserSearchConfig }): SearchUsers {
  return async (by, term, limit) => {
    const found = new Map<UserId, DirectoryEntry>()
    let isCut = false
    for (const step of deps.config.enabled ? stepsFor(term) : []) {
      for (const remote of deps.config.preferLocalUsers ? [[false], [true]] : [[false, true]]) {
        if (found.size > limit) break
        const wanted =
          step.otherWords === undefined ? (found.size + limit + 1) * NAMES_PER_USER : MAX_CANDIDATES
        const matches = await lookUp(deps, by, step, { remote, limit: wanted })
        isCut ||= matches.length >= wanted
        await take(deps.storage, found, matches, step)
      }
    }
    const users = [...found].slice(0, limit).map(([userId, entry]) => ({ userId, ...entry }))
    return { users, limited: found.size > limit || (isCut && users.length === limit) }
  }
}

function stepsFor(term: string): Step[] {
  const whole = wholeName(term.trim().replace(/^@/, ''))
  if (whole === '') return []
  const steps: Step[] = [
    { kind: 'whole', from: whole, to: whole },
    // A user id of which only the server's name is missing.
    { kind: 'whole', from: `${whole}:`, to: `${whole}:${LAST}` },
    { kind: 'whole', from: whole, to: `${whole}${LAST}` },
  ]
  const [longest, ...otherWords] = wordsOf(fold(term)).sort((a, b) => b.length - a.length)
  if (longest !== undefined) {
    const step: Step = { kind: 'word', from: longest, to: `${longest}${LAST}` }
    steps.push(otherWords.length === 0 ? step : { ...step, otherWords })
  }
  return steps
}

/** The first names of the range among those the user may see, in the order of names. */
async function lookUp(
  { storage, config }: { storage: Pick<Storage, 'read'>; config: UserSearchConfig },
  by: UserId,
  { kind, from, to }: Step,
  { remote, limit }: { remote: readonly boolean[]; limit: number },
): Promise<DirectoryMatch[]> {
  const { userDirectory } = storage.read
  const ranges = remote.map((each) => ({
    kind,
    from,
    to,
    remote: each,
    withLocked: config.showLockedUsers,
    limit,
  }))
  const pages = await Promise.all(
    ranges.flatMap((range) =>
      config.searchAllUsers
        ? [userDirectory.namesIn(EVERYBODY, range)]
        : [userDirectory.namesIn(IN_PUBLIC_ROOMS, range), userDirectory.namesSharedWith(by, range)],
    ),
  )
  return pages.flat().sort(byName).slice(0, limit)
}

function byName(a: DirectoryMatch, b: DirectoryMatch): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.userId < b.userId ? -1 : Number(a.userId > b.userId)
}

/** Adds those not found before who have the other words too. */
async function take(
  storage: Pick<Storage, 'read'>,
  found: Map<UserId, DirectoryEntry>,
  matches: readonly DirectoryMatch[],
  { otherWords = [] }: Step,
): Promise<void> {
  const fresh = [...new Set(matches.map(({ userId }) => userId))].filter((userId) => !found.has(userId))
  if (fresh.length === 0) return
  const entries = await storage.read.userDirectory.entries(fresh)
  for (const userId of fresh) {
    const entry = entries.get(userId)
    if (entry !== undefined && hasWords(userId, entry, otherWords)) found.set(userId, entry)
  }
}

function hasWords(userId: UserId, entry: DirectoryEntry, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const own = namesOf(userId, entry.displayName).flatMap(({ kind, name }) => (kind === 'word' ? [name] : []))
  return words.every((word) => own.some((each) => each.startsWith(word)))
}
