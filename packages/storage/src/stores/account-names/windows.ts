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

/** How long an entry of the index of parts is: that of a token at a place in the names of an account. */
export const ENTRY_BYTES = 3
/** How many places the index of parts tells apart in the names of an account. */
export const PLACES = 1_024
/** Where those of the display name begin: each name is shorter, 255 bytes and what the limit of display names allows. */
export const OF_DISPLAYNAME = PLACES / 2
