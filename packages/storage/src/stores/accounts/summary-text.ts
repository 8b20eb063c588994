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

function writer(members: readonly TextMember[]): (account: AccountSummary) => string {
  const toItem = constructorOf(members)
  return (account) => JSON.stringify(toItem(account))
}

/** An object literal has its shape at once; of one that is filled by name the text takes half as long again. */
function constructorOf(members: readonly TextMember[]): (account: AccountSummary) => object {
  const values = members.map(({ key, member, isNumber }) => {
    const value = `account.${member}`
    return `${JSON.stringify(key)}: ${isNumber ? `Number(${value})` : value}`
  })
  return new Function('account', `return { ${values.join(', ')} }`) as (account: AccountSummary) => object
}

function expression(text: readonly TextMember[]): string {
  const parts = text.flatMap(({ key, member, isNumber = false }, i) => {
    const column = SUMMARY_COLUMN[member]
    const head = `${i === 0 ? '{' : ','}${JSON.stringify(key)}:`
    if (isFlag(member))
      return isNumber
        ? [literal(head), `${column} = 1`]
        : [`iif(${column} = 1, ${literal(`${head}true`)}, ${literal(`${head}false`)})`]
    return [literal(head), NUMBERS.has(member) ? `ifnull(${column}, 'null')` : `json_quote(${column})`]
  })
  return `concat(${parts.join(', ')}, '}')`
}

const NUMBERS: ReadonlySet<keyof AccountSummary> = new Set(['createdTs', 'lastSeenTs'])

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
