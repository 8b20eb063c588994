import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Dialect } from '@ranvier/storage'
import type { Outcome } from './scenario.ts'

const HEAD = `| What | Database | Seen | Problems | Commit |\n|---|---|---|---|---|`

/** Puts the outcome into the table of a Markdown file, in the place of the same scenario's on the same database. */
export function noteOutcome(file: string, name: string, database: Dialect, outcome: Outcome): void {
  if (outcome.skipped !== undefined) return
  const text = existsSync(file) ? readFileSync(file, 'utf8') : `${HEAD}\n`
  const key = `| ${name} | ${database} |`
  const problems = outcome.problems.length === 0 ? 'none' : cell(outcome.problems.join('; '))
  const row = `${key} ${cell(outcome.facts)} | ${problems} | ${commit()} |`
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.startsWith(key))
  if (at >= 0) lines[at] = row
  else if (text.includes(HEAD)) lines.splice(endOfTable(lines), 0, row)
  else lines.push(HEAD, row, '')
  writeFileSync(file, lines.join('\n'))
}

/** The first line below the table. */
function endOfTable(lines: readonly string[]): number {
  let at = lines.indexOf(HEAD.split('\n')[0]!)
  while (lines[at]?.startsWith('|')) at++
  return at
}

const cell = (text: string) => text.replaceAll('\n', ' ').replaceAll('|', '\\|')

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
