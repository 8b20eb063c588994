import FindMyWay from 'find-my-way'
import { invalidParam } from '../errors.ts'
import type { Method, Route } from './route.ts'

/** A path that is served: which route answers which method, and what stood in the place of its parameters. */
export interface RouteMatch {
  readonly methods: ReadonlyMap<string, BoundRoute>
  readonly api: Api
  /** Percent-decoded once, by position: `p0`, `p1`, … */
  readonly values: Readonly<Record<string, string | undefined>>
}

/** A route at one of its paths. */
export interface BoundRoute {
  readonly route: Route
  /** Names of the parameters, by position. */
  readonly names: readonly string[]
}

/** Which listeners serve a path: those for clients, those for other servers, or all. */
export type Api = 'client' | 'federation' | 'any'

interface Entry {
  readonly api: Api
  readonly methods: Map<Method, BoundRoute & { isAlias: boolean; path: string }>
}

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

  /** Throws when two routes claim the same method and path. A route's own path wins over another's alias. */
  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      this.#add(route, route.path, false)
      for (const path of route.aliases) this.#add(route, path, true)
    }
    for (const [pattern, entry] of this.#entries) {
      // The method is not looked at here: GET stands for all of them.
      this.#router.on('GET', pattern, noop, entry)
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
   * The entry of a path without its query; `undefined` when none is served there.
   * 400 `M_INVALID_PARAM` for a path that is not percent-encoded UTF-8.
   */
  find(path: string): RouteMatch | undefined {
    const found = this.#router.find('GET', path)
    if (found === null) return undefined
    const entry = found.store as Entry | null // put there by the constructor, or by none: a bad path
    if (entry === null) throw invalidParam('The path is not valid percent-encoded UTF-8')
    return { methods: entry.methods, api: entry.api, values: found.params }
  }
}

function apiOf(path: string): Api {
  if (path.startsWith('/_matrix/federation/') || path.startsWith('/_matrix/key/')) return 'federation'
  return path === '/health' ? 'any' : 'client'
}

function noop(): void {}
