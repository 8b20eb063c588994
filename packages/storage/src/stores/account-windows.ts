/** How many characters a token of the indexes of parts of names has: code points. */
export const TOKEN = 4

/**
 * The tokens of a text: one from every character on, the last ones shorter.
 *
 *     text     anna b
 *     tokens   anna nna␣ na␣b a␣b ␣b b
 */
export function windowsOf(text: string): string[] {
  const characters = [...text]
  return characters.map((_, i) => characters.slice(i, i + TOKEN).join(''))
}
