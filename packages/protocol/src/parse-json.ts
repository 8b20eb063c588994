import { type Json, MAX_JSON_DEPTH } from './json.ts'

/** Thrown for bytes or text that are not JSON, or that no part of the server could keep faithfully. */
export class InvalidJsonError extends Error {
  override readonly name = 'InvalidJsonError'
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// What an exponent or a very long number could make infinite, and what an escape could make half a surrogate pair.
// Both also match inside harmless texts: that costs a look at the values, nothing more.
const SUSPECT = /(?:^|[:,[\s])-?(?:[0-9.]+[eE]|[0-9]{300})|\\u[dD][89a-fA-F]/
const SHALLOW_LENGTH = 2 * MAX_JSON_DEPTH // a shorter text cannot open and close too many brackets
const [QUOTE, BACKSLASH, BRACKET, BRACE] = [0x22, 0x5c, 0x5b, 0x7b]
// A hundred thousand objects in each other take longer to make, and to forget, than megabytes of anything else.
const QUICK_LENGTH = 10_000 // a shorter text is read in no time whatever is in it

/**
 * Reads JSON that came from outside. Throws {@link InvalidJsonError} for what is not UTF-8 or not JSON, nested deeper
 * than {@link MAX_JSON_DEPTH}, holds a number beyond the range of doubles (`1e400`) or half a surrogate pair.
 * Of a repeated key the last value counts. `__proto__` is a key like any other.
 */
export function parseJson(source: string | Uint8Array): Json {
  const text = decode(source)
  if (text.length > QUICK_LENGTH && isTooDeep(text)) throw tooDeep()
  const value = parse(text)
  if (text.length > SHALLOW_LENGTH || SUSPECT.test(text)) check(value, 0)
  return value
}

function decode(source: string | Uint8Array): string {
  if (typeof source === 'string') {
    if (!source.isWellFormed()) throw new InvalidJsonError('the text holds half a surrogate pair')
    return source
  }
  try {
    return decoder.decode(source)
  } catch (cause) {
    throw new InvalidJsonError('the text is not valid UTF-8', { cause })
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json // it makes nothing else
  } catch (cause) {
    throw new InvalidJsonError('the text is not valid JSON', { cause })
  }
}

const tooDeep = () => new InvalidJsonError(`nested deeper than ${MAX_JSON_DEPTH} levels`)

/** Whether more brackets are open at once than may be, of a text that need not be JSON. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === BRACKET || code === BRACE) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (code === BRACKET + 2 || code === BRACE + 2) depth--
  }
  return false
}

/** Where the string ends that begins at `start`; the end of the text if it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

function check(value: Json, depth: number): void {
  if (typeof value === 'string') checkText(value)
  else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new InvalidJsonError('a number is out of range')
  } else if (typeof value === 'object' && value !== null) {
    if (depth === MAX_JSON_DEPTH) throw tooDeep()
    if (Array.isArray(value)) {
      for (const item of value) check(item, depth + 1)
      return
    }
    for (const key of Object.keys(value)) {
      checkText(key)
      check(value[key]!, depth + 1)
    }
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) throw new InvalidJsonError('a text holds half a surrogate pair')
}
