/**
 * What is searched by parts is kept as one text of folded letters, with an edge between its pieces; how often short parts
 * occur is counted beside it.
 */

/** Stands between the pieces of a text that is searched: a part that is looked for is within one of them. */
export const EDGE = '\u0001'
/** Parts of more characters are rare enough to be looked up in an index and counted there. */
const MAX_CHARACTERS = 3

/** Letters that differ only in case become equal. `LOWER` of both databases folds ASCII only. */
export function fold(text: string): string {
  // The final sigma depends on what follows, which a part of a text does not tell.
  return text.toLowerCase().replaceAll('ς', 'σ')
}

/** A part that is looked for, or a piece, as texts have it. */
export function partOf(search: string): string {
  return fold(search).replaceAll(EDGE, ' ')
}

/** Whether texts that have this part are counted (`gramsOf`). Characters are code points. */
export function isGram(part: string): boolean {
  return [...part.slice(0, 2 * MAX_CHARACTERS + 1)].length <= MAX_CHARACTERS
}

/** What a text is counted for: each part of its pieces once, whole characters, up to three of them. */
export function gramsOf(searchText: string): Set<string> {
  const grams = new Set<string>()
  for (const text of searchText.split(EDGE)) {
    const characters = [...text]
    for (const [i, first] of characters.entries()) {
      let gram = first
      grams.add(gram)
      for (let next = i + 1; next < i + MAX_CHARACTERS && next < characters.length; next++) {
        gram += characters[next]!
        grams.add(gram)
      }
    }
  }
  return grams
}
