import { MAX_JSON_DEPTH } from './json.ts'

/** Thrown for a value that has no canonical form. The text is fit for a client: it names the fault, not the content. */
export class CanonicalJsonError extends Error {
  override readonly name = 'CanonicalJsonError'
}

export interface CanonicalJsonOptions {
  /**
   * `false` tolerates numbers that are no safe integers and writes them as `JSON.stringify` does.
   * For events of room versions 1–5 only: see `RoomVersionRules.strictCanonicalJson`.
   */
  strict?: boolean
}

/**
 * The canonical JSON of `value`: no white space, keys in code point order, integers only.
 * Keys whose value is `undefined` are left out. Throws {@link CanonicalJsonError} for anything JSON cannot say exactly.
 *
 * Spec: Appendices §Canonical JSON.
 */
export function canonicalJson(value: unknown, options: CanonicalJsonOptions = {}): string {
  return write(value, options.strict ?? true, 0)
}

function write(value: unknown, strict: boolean, depth: number): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return writeNumber(value, strict)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value !== 'object') throw new CanonicalJsonError(`JSON has no ${typeof value}`)
  if (depth === MAX_JSON_DEPTH) throw new CanonicalJsonError(`nested deeper than ${MAX_JSON_DEPTH} levels`)
  return Array.isArray(value) ? writeArray(value, strict, depth + 1) : writeObject(value, strict, depth + 1)
}

function writeNumber(value: number, strict: boolean): string {
  if (Number.isSafeInteger(value)) return `${value}` // `-0` is written `0`
  if (!Number.isFinite(value)) throw new CanonicalJsonError('a number is not finite')
  if (strict) throw new CanonicalJsonError('a number is not an integer within ±(2^53-1)')
  return `${value}`
}

function writeArray(items: readonly unknown[], strict: boolean, depth: number): string {
  let out = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out += ','
    out += write(items[i], strict, depth)
  }
  return `${out}]`
}

function writeObject(object: object, strict: boolean, depth: number): string {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null)
    throw new CanonicalJsonError('only plain objects and arrays have a JSON form')
  const record = object as Record<string, unknown> // any plain object is one
  const keys = Object.keys(record)
  sortByUnit(keys)
  let out = '{'
  let first = true
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const value = record[key]
    if (value === undefined) continue
    if (first) first = false
    else out += ','
    // A key seen before was found free of surrogates, so the order by units is the order by code points.
    const quoted = quotedKeys.get(key)
    if (quoted === undefined && HAS_SURROGATE.test(key)) return writeByCodePoint(record, keys, strict, depth)
    out += quoted ?? quoteKey(key)
    out += write(value, strict, depth)
  }
  return `${out}}`
}

/** The rare object with a character beyond U+FFFF in a key. */
function writeByCodePoint(
  record: Record<string, unknown>,
  keys: string[],
  strict: boolean,
  depth: number,
): string {
  const members = keys
    .sort(compareCodePoints)
    .filter((key) => record[key] !== undefined)
    .map((key) => `${quote(key)}:${write(record[key], strict, depth)}`)
  return `{${members.join(',')}}`
}

// Whatever needs an escape, or might be half a surrogate pair. Everything else stands between quotes as it is.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/
const HAS_SURROGATE = /[\ud800-\udfff]/
const SHORT_TEXT = 40 // up to here a loop beats starting the regular expression

function quote(text: string): string {
  if (isPlain(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new CanonicalJsonError('a text holds half a surrogate pair')
  return JSON.stringify(text) // its escapes are exactly the canonical ones when surrogates come in pairs
}

function isPlain(text: string): boolean {
  if (text.length > SHORT_TEXT) return !NEEDS_CARE.test(text)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return false
  }
  return true
}

// Events use few different keys: remembering their quoted form (with the colon) saves a quarter of the time.
const quotedKeys = new Map<string, string>()
const MAX_QUOTED_KEYS = 1000
const MAX_QUOTED_KEY_LENGTH = 64

function quoteKey(key: string): string {
  const quoted = `${quote(key)}:`
  if (key.length > MAX_QUOTED_KEY_LENGTH) return quoted
  if (quotedKeys.size === MAX_QUOTED_KEYS) quotedKeys.clear()
  quotedKeys.set(key, quoted)
  return quoted
}

const MANY_KEYS = 100 // from here the built-in sort is faster

/** Sorts by UTF-16 units, in place. Keys mostly arrive in order, or are few: then this beats `sort()` by far. */
function sortByUnit(keys: string[]): void {
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!
    if (key > keys[i - 1]!) continue
    if (keys.length > MANY_KEYS) {
      keys.sort()
      return
    }
    let low = 0
    let high = i - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (keys[middle]! < key) low = middle + 1
      else high = middle
    }
    for (let j = i; j > low; j--) keys[j] = keys[j - 1]!
    keys[low] = key
  }
}

/** Compares by Unicode code points, which is also the order of the UTF-8 bytes. `<` compares UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above every other unit: move them behind U+E000–U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
