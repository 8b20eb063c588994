const WORD = /[A-Za-z0-9_]/

/**
 * A glob pattern: `*` stands for any number of characters, `?` for exactly one, everything else for itself.
 * Letters match without regard to case. Never backtracks over the text, whatever the pattern: users write them.
 *
 * Spec: Appendices §Glob-style matching.
 */
export class Glob {
  /** What stands between the stars: one piece if there is no star. */
  private readonly pieces: readonly Piece[]

  /** The only text that fits, in lower case, if there are no wildcards. */
  private readonly exact: string | undefined

  private constructor(pieces: readonly Piece[]) {
    const [first, ...others] = pieces
    this.pieces = pieces
    this.exact = first instanceof PlainPiece && others.length === 0 ? first.text : undefined
  }

  static parse(pattern: string): Glob {
    const texts = pattern.toLowerCase().split(/\*+/)
    return new Glob(
      texts.map((text) => (text.includes('?') ? new WildcardPiece(text) : new PlainPiece(text))),
    )
  }

  /** A pattern in which `*` and `?` stand for themselves. */
  static literal(text: string): Glob {
    return new Glob([new PlainPiece(text.toLowerCase())])
  }

  /** True if the whole text fits. */
  matches(text: string): boolean {
    const { pieces } = this
    if (this.exact !== undefined) {
      // Most patterns are event types: most texts differ in length already.
      return text.length === this.exact.length && (text === this.exact || text.toLowerCase() === this.exact)
    }
    const lower = text.toLowerCase()
    const first = pieces[0]!.endAt(lower, 0)
    if (pieces.length === 1) return first === lower.length
    const at = first === -1 ? -1 : this.skipMiddle(lower, first)
    return at !== -1 && pieces.at(-1)!.isAtEnd(lower, at)
  }

  /**
   * True if some part of the text that begins and ends at a word boundary fits.
   * A boundary is an end of the text, or a place with something else than `A-Z a-z 0-9 _` on either side.
   *
   * Spec: CS API §Push rules, content rules.
   */
  matchesWords(text: string): boolean {
    const lower = lowerCase(text)
    const first = this.pieces[0]!
    const last = this.pieces.at(-1)!
    if (this.pieces.length === 1) {
      return first.isEmpty ? lower === '' : findWord(lower, 0, first, { left: true, right: true }) !== -1
    }
    // The leftmost place for each piece leaves most room for those after it.
    const start = first.isEmpty ? 0 : findWord(lower, 0, first, { left: true, right: false })
    const at = start === -1 ? -1 : this.skipMiddle(lower, first.endAt(lower, start))
    if (at === -1) return false
    return last.isEmpty || findWord(lower, at, last, { left: false, right: true }) !== -1
  }

  /** Where the pieces between the first and the last end when each is put as far left as it goes; -1 if one is missing. */
  private skipMiddle(text: string, from: number): number {
    let at = from
    for (const piece of this.pieces.slice(1, -1)) {
      const start = piece.indexIn(text, at)
      if (start === -1) return -1
      at = piece.endAt(text, start)
    }
    return at
  }
}

/** The first place of the piece with boundaries on the sides asked for; -1 if there is none. */
function findWord(text: string, from: number, piece: Piece, on: { left: boolean; right: boolean }): number {
  let start = piece.indexIn(text, from)
  while (start !== -1) {
    const isLeft = !on.left || isBoundary(text, start)
    if (isLeft && (!on.right || isBoundary(text, piece.endAt(text, start)))) return start
    // By whole characters: an expression set to the middle of one would go back to its beginning.
    start = piece.indexIn(text, start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1))
  }
  return -1
}

function isBoundary(text: string, at: number): boolean {
  return at === 0 || at === text.length || !WORD.test(text[at - 1]!) || !WORD.test(text[at]!)
}

/** A stretch of a pattern without stars, in lower case. */
interface Piece {
  readonly isEmpty: boolean
  /** Where the piece ends if it stands at `start`; -1 if it does not. */
  endAt(text: string, start: number): number
  /** The first place of the piece not before `from`; -1 if there is none. */
  indexIn(text: string, from: number): number
  /** True if the text ends with the piece, and the piece does not begin before `from`. */
  isAtEnd(text: string, from: number): boolean
}

class PlainPiece implements Piece {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  get isEmpty(): boolean {
    return this.text === ''
  }

  endAt(text: string, start: number): number {
    return text.startsWith(this.text, start) ? start + this.text.length : -1
  }

  indexIn(text: string, from: number): number {
    return from > text.length ? -1 : text.indexOf(this.text, from)
  }

  isAtEnd(text: string, from: number): boolean {
    return text.length - this.text.length >= from && text.endsWith(this.text)
  }
}

/** With `?`. Its expressions have no repetition, so they cannot run away. */
class WildcardPiece implements Piece {
  readonly isEmpty = false
  private readonly here: RegExp
  private readonly anywhere: RegExp
  private readonly atEnd: RegExp

  constructor(text: string) {
    const source = text.replace(/[\\^$.+()[\]{}|/]/g, '\\$&').replaceAll('?', '.')
    this.here = new RegExp(source, 'ysu')
    this.anywhere = new RegExp(source, 'gsu')
    this.atEnd = new RegExp(`${source}$`, 'gsu')
  }

  endAt(text: string, start: number): number {
    this.here.lastIndex = start
    return this.here.test(text) ? this.here.lastIndex : -1
  }

  indexIn(text: string, from: number): number {
    this.anywhere.lastIndex = from
    return this.anywhere.exec(text)?.index ?? -1
  }

  isAtEnd(text: string, from: number): boolean {
    this.atEnd.lastIndex = from
    return this.atEnd.test(text)
  }
}

let lastText = ''
let lastLower = ''

/** The body of one event is shown to the rules of many users: the last answer is worth keeping. */
function lowerCase(text: string): string {
  if (text !== lastText) {
    lastLower = text.toLowerCase()
    lastText = text
  }
  return lastLower
}
