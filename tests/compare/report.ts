import { differencesOf, type Named } from './differences.ts'
import { isSeen, type KnownDifference } from './known.ts'
import type { Exchange } from './side.ts'

export interface Found {
  what: string
  request: string
  /** Differences nobody has decided on. */
  lines: string[]
  /** Known ones, with why they stay. */
  known: { line: string; why: string }[]
}

/**
 * What differs between two runs of one chapter, a request each. `isUsed` is told of every known difference that was seen. An
 * answer of ours that is a 500 is told whatever the other server said: no difference excuses it.
 */
export function findDifferences(
  ours: readonly Exchange[],
  theirs: readonly Exchange[],
  known: readonly KnownDifference[],
  isUsed: (known: KnownDifference) => void,
): Found[] {
  const here = new Set(ours.map(({ what }) => what))
  const there = new Map(theirs.map((each) => [each.what, each]))
  const found = ours.flatMap((mine): Found[] => {
    const { what, request } = mine
    const other = there.get(what)
    if (other === undefined) return [{ what, request, lines: ['was not asked there'], known: [] }]
    const found: Found = { what, request, lines: [], known: [] }
    if (mine.answer.status === 500) found.lines.push('status: 500 here')
    for (const line of differencesOf(mine.answer, other.answer, mine.overlook)) {
      const why = known.find((each) =>
        isSeen(each, { what, request, line, here: gist(mine.answer), there: gist(other.answer) }),
      )
      if (why === undefined) found.lines.push(line)
      else {
        isUsed(why)
        found.known.push({ line, why: why.says ?? why.because ?? '' })
      }
    }
    return found.lines.length + found.known.length > 0 ? [found] : []
  })
  const onlyThere = theirs.filter(({ what }) => !here.has(what))
  return [
    ...found,
    ...onlyThere.map(({ what, request }) => ({ what, request, lines: ['was not asked here'], known: [] })),
  ]
}

/** Status and errcode. */
function gist({ status, body }: Named): string {
  const errcode = typeof body === 'object' && body !== null && 'errcode' in body ? body.errcode : ''
  return `${status} ${errcode}`
}

/** For people: `all` shows known differences too. */
export function describe(found: readonly Found[], { all }: { all: boolean }): string {
  return found
    .filter(({ lines, known }) => lines.length > 0 || (all && known.length > 0))
    .map(({ what, request, lines, known }) =>
      [
        request === '' ? what : `${what}  [${request}]`,
        ...lines.map((line) => `    ${line}`),
        ...(all ? known.map(({ line, why }) => `    (${line}: ${why})`) : []),
      ].join('\n'),
    )
    .join('\n')
}
