/** What names are made of. */
export const SYLLABLES =
  'an be cor da el fin gra ha is jo ka lin mar no or pet qua ri sol ta ul vi wen xa yo zen'.split(' ')

export type Random = () => number

/** The same numbers in every run. */
export function randomNumbers(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const word = (random: Random, syllables: number): string =>
  Array.from({ length: syllables }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join('')

/** A part of names to search for; another one for each `n`. */
export const part = (n: number, syllables: number): string =>
  Array.from({ length: syllables }, (_, i) => SYLLABLES[(n + i * 5) % SYLLABLES.length]).join('')

export const letter = (n: number): string => String.fromCharCode(97 + (n % 26))
