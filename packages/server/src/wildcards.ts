/** Compares with a pattern in which `*` stands for any text, in time proportional to both lengths multiplied. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let afterStar = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      afterStar = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star !== -1) {
      // Let the last star take one character more. Earlier stars need never be tried again.
      p = star + 1
      t = ++afterStar
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
