/** Scripts that are written without spaces between words: each of their signs is a word, and words are phrases. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu
const MARKS = /\p{M}+/gu
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u
/** PostgreSQL's limit for a word is 2,046 bytes; nobody looks for anything like that. */
const MAX_WORD = 100
const MAX_TERMS = 32

/** The words of a text as the search compares them, in order: without letter case and accents. The same on both databases. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(MARKS, '').toLowerCase().replace(UNSPACED, ' $& ')
  return plain.split(BETWEEN_WORDS).flatMap((word) => (word === '' ? [] : [word.slice(0, MAX_WORD)]))
}

/** What is looked for: every term must be found. */
export interface SearchTerms {
  /** Words that stand in a row, or one word: then words that begin with it are found as well. */
  readonly phrases: readonly (readonly string[])[]
}

/** Reads a search term as people write it: words, and phrases in quotation marks. */
export function searchTermsOf(text: string): SearchTerms {
  const parts = text.matchAll(/"([^"]*)"|([^\s"]+)/g)
  const phrases: string[][] = []
  for (const [, quoted, plain] of parts) {
    const words = wordsOf(quoted ?? plain ?? '')
    if (words.length > 0) phrases.push(words)
    if (phrases.length === MAX_TERMS) break
  }
  return { phrases }
}
