import { badJson } from '../../errors.ts'
import { matchesPattern } from '../../wildcards.ts'

/** Each of those with a `*` is tried on every event that is looked at; all others together are looked up once. */
const MAX_PATTERNS = 100
const MAX_TYPE_LENGTH = 255 // Spec: CS API §Size limits

/** Types of events as filters name them: `*` stands for any text. Spec: CS API §Filtering. */
export class TypePatterns {
  readonly #names: ReadonlySet<string>
  readonly #patterns: readonly string[]

  /** Throws 400 `M_BAD_JSON` for very many with a `*`. */
  constructor(types: readonly string[]) {
    this.#names = new Set(types.filter((type) => !type.includes('*')))
    const patterns = types.filter((type) => type.includes('*')).map((type) => type.replace(/\*+/g, '*'))
    if (patterns.length > MAX_PATTERNS)
      throw badJson(`At most ${MAX_PATTERNS} types with a '*' may be in one list`)
    this.#patterns = patterns.filter((pattern) => pattern.replaceAll('*', '').length <= MAX_TYPE_LENGTH)
  }

  /** There is none: nothing matches. */
  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#patterns.length === 0
  }

  matches(type: string): boolean {
    return this.#names.has(type) || this.#patterns.some((pattern) => matchesPattern(pattern, type))
  }
}
