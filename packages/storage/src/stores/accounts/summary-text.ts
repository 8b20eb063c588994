import { type AccountSummary, isFlag, SUMMARY_COLUMN } from './types.ts'

/** A member of the text of an account. */
export interface TextMember {
  key: string
  member: keyof AccountSummary
  /** Truth values are written as 0 and 1. */
  isNumber?: boolean
}

/** How an account is written as JSON. */
export interface SummaryText {
  /** The text of an account that has been read. */
  write(account: AccountSummary): string
  /**
   * The same as an expression of SQLite. A row that becomes a text there takes half of what one does whose values are handed
   * over, and leaves hardly any garbage.
   */
  sql: string
}

/** What of an account is written, in which order. */
export function summaryText(members: readonly TextMember[]): SummaryText {
  return { write: writer(members), sql: expression(members) }
}

/** Beside what `JSON.stringify` leaves as it is. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

function writer(text: readonly TextMember[]): (account: AccountSummary) => string {
  const members = text.map((member, i) => ({ ...member, head: headOf(member, i) }))
  return (account) => {
    const parts: string[] = []
    for (const { head, member, isNumber } of members) {
      const value = account[member]
      parts.push(head, typeof value === 'string' ? quote(value) : String(isNumber ? Number(value) : value))
    }
    parts.push('}')
    return parts.join('') // a sum of strings would be kept as a tree of them
  }
}

function expression(text: readonly TextMember[]): string {
  const parts = text.flatMap(({ key, member, isNumber = false }, i) => {
    const column = SUMMARY_COLUMN[member]
    const head = headOf({ key, member }, i)
    if (isFlag(member))
      return isNumber
        ? [literal(head), `${column} = 1`]
        : [`iif(${column} = 1, ${literal(`${head}true`)}, ${literal(`${head}false`)})`]
    return [literal(head), NUMBERS.has(member) ? `ifnull(${column}, 'null')` : `json_quote(${column})`]
  })
  return `concat(${parts.join(', ')}, '}')`
}

const NUMBERS: ReadonlySet<keyof AccountSummary> = new Set(['createdTs', 'lastSeenTs'])

const headOf = ({ key }: TextMember, i: number) => `${i === 0 ? '{' : ','}${JSON.stringify(key)}:`

const quote = (text: string) => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`)

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
