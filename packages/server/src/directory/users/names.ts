import { parseUserId } from '@ranvier/protocol/ids/user-id'
import type { DirectoryName } from '@ranvier/storage'

/** Longer names are found by their beginning. */
const MAX_NAME_LENGTH = 100
const MAX_WORD_LENGTH = 40
/** A name of more words is found by the first of them. */
const MAX_WORDS = 12
/** Scripts that put no blanks between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Text as names are compared: without case, accents, controls and surplus blanks. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
}

/** The words of a folded text, each once. */
export function wordsOf(folded: string): string[] {
  const words = new Set<string>()
  for (const piece of folded.split(/[^\p{L}\p{N}]+/u)) {
    if (piece === '') continue
    words.add(cut(piece, MAX_WORD_LENGTH))
    if (!UNSPACED.test(piece)) continue
    for (const { segment, isWordLike } of segmenter.segment(piece))
      if (isWordLike) words.add(cut(segment, MAX_WORD_LENGTH))
  }
  return [...words]
}

/** A whole name as it is stored. */
export function wholeName(text: string): string {
  return cut(fold(text), MAX_NAME_LENGTH)
}

/** All a user is found by: user id without its sigil, display name, and the words of both. The server's name is no word. */
export function namesOf(userId: string, displayName: string | null): DirectoryName[] {
  const shown = wholeName(displayName ?? '')
  const localpart = fold(parseUserId(userId)?.localpart ?? '')
  const whole = new Set([wholeName(userId.slice(1)), shown].filter((name) => name !== ''))
  const words = new Set([...wordsOf(localpart), ...wordsOf(shown)])
  return [
    ...[...whole].map((name): DirectoryName => ({ kind: 'whole', name })),
    ...[...words].slice(0, MAX_WORDS).map((name): DirectoryName => ({ kind: 'word', name })),
  ]
}

/** Not in the middle of a character that takes two code units. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
