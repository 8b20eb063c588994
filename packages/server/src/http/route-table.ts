import FindMyWay from 'find-my-way'
import type { Method, Route } from './route.ts'

/** A path that is served: which route answers which method, and what stood in the place of its parameters. */
export interface RouteMatch {
  readonly methods: ReadonlyMap<string, BoundRoute>
  readonly api: Api
  /** Percent-decoded once, by position: `p0`, `p1`, … */
  readonly values: Readonly<Record<string, string | undefined>>
  /** The path is not percent-encoded UTF-8: `values` are not what it says. */
  readonly isMalformed: boolean
}

/** A route at one of its paths. */
export interface BoundRoute {
  readonly route: Route
  /** Names of the parameters, by position. */
  readonly names: readonly string[]
  /** Where a parameter stands in the path that was found, or its text there. Absent: at its own position. */
  readonly places?: readonly (number | string)[]
}

/** Which listeners serve a path: those for clients, those for other servers, or all. */
export type Api = 'client' | 'federation' | 'any'

interface Entry {
  readonly api: Api
  readonly methods: Map<Method, BoundRoute & { isAlias: boolean; path: string }>
}

const ADMIN_API = '/_synapse/admin/'
// Longer than any identifier (255 bytes) with every byte percent-encoded, and than the names clients make up.
const MAX_SEGMENT_LENGTH = 4096

/**
 * Finds routes by path. All methods of a path share one entry, so that an unknown method can be told from an
 * unknown path. The paths are matched raw, segment by segment, and then decoded: `%2F` stays inside its segment.
 *
 * See `docs/decisions/0006-no-web-framework.md`.
 */
export class RouteTable {
  readonly #router = FindMyWay({
    maxParamLength: MAX_SEGMENT_LENGTH,
    onBadUrl: noop, // makes a bad path a match without an entry
  })
  readonly #entries = new Map<string, Entry>()
  /** Paths without parameters, which are most that are asked for all day: the router takes ten times as long. */
  readonly #written = new Map<string, RouteMatch>()

  /** Throws when two routes claim the same method and path. A route's own path wins over another's alias. */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      this.#add(route, route.path, false)
      for (const path of route.aliases) this.#add(route, path, true)
    }
    this.#fillMethods()
    for (const [pattern, entry] of this.#entries) {
      // The method is not looked at here: GET stands for all of them.
      this.#router.on('GET', pattern, noop, entry)
      if (!pattern.includes(':'))
        this.#written.set(pattern, { methods: entry.methods, api: entry.api, values: {}, isMalformed: false })
    }
  }

  #add(route: Route, path: string, isAlias: boolean): void {
    const names: string[] = []
    // Names differ between the routes of one path, positions do not.
    const pattern = path.replace(/:[^/]+/g, (name) => `:p${names.push(name.slice(1)) - 1}`)
    let entry = this.#entries.get(pattern)
    if (entry === undefined) this.#entries.set(pattern, (entry = { api: apiOf(path), methods: new Map() }))
    const other = entry.methods.get(route.method)
    if (other !== undefined && other.isAlias === isAlias)
      throw new Error(`Two routes for ${route.method} ${path}: ${other.route.path} and ${route.path}`)
    if (other !== undefined && isAlias) return
    entry.methods.set(route.method, { route, names, isAlias, path })
  }

  /**
   * A path of Synapse's admin API that is written out answers its other methods as the pattern it fits: so a
   * registration token may be called `new`, though `POST …/registration_tokens/new` is a call of its own.
   */
  #fillMethods(): void {
    const patterns = [...this.#entries]
      .filter(([pattern]) => pattern.startsWith(ADMIN_API))
      .map(([pattern, entry]) => ({ segments: pattern.split('/'), methods: entry.methods }))
      // The more is written out, the better it fits.
      .toSorted((a, b) => parametersIn(a.segments) - parametersIn(b.segments))
    for (const { segments, methods } of patterns)
      for (const other of patterns) {
        const places = placesIn(segments, other.segments)
        if (places === undefined) continue
        for (const [method, bound] of other.methods)
          if (bound.places === undefined && !methods.has(method)) methods.set(method, { ...bound, places })
      }
  }

  /** The entry of a path without its query; `undefined` when none is served there. */
  find(path: string): RouteMatch | undefined {
    const written = this.#written.get(path)
    if (written !== undefined) return written
    const found = this.#router.find('GET', path)
    if (found === null) return undefined
    const entry = found.store as Entry | null // put there by the constructor, or by none: a bad path
    if (entry !== null)
      return { methods: entry.methods, api: entry.api, values: found.params, isMalformed: false }
    // What cannot be decoded stands in some parameter of a path that is served, or in none: what it is does not matter.
    const match = this.find(path.replaceAll('%', '_'))
    return match && { ...match, isMalformed: true }
  }
}

function parametersIn(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':')).length
}

/** Where the parameters of `pattern` are in `path`, which may have some of its own; `undefined` if it does not fit. */
function placesIn(path: readonly string[], pattern: readonly string[]): (number | string)[] | undefined {
  if (path === pattern || path.length !== pattern.length) return undefined
  const places: (number | string)[] = []
  for (const [i, segment] of path.entries()) {
    const isParameter = segment.startsWith(':')
    if (pattern[i]!.startsWith(':')) places.push(isParameter ? Number(segment.slice(2)) : segment)
    else if (pattern[i] !== segment) return undefined
  }
  return places
}

function apiOf(path: string): Api {
  if (path.startsWith('/_matrix/federation/') || path.startsWith('/_matrix/key/')) return 'federation'
  return path === '/health' ? 'any' : 'client'
}

function noop(): void {}
