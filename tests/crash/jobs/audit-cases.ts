import { setTimeout as wait } from 'node:timers/promises'
import { MatrixRequestError } from '@ranvier/testkit'
import { expectEqual, type Instance, inParallel, type JobCase, type JobWorld, makeAccounts } from './world.ts'

const V1 = '/_synapse/admin/v1'
const enc = encodeURIComponent
const ACCOUNTS = 4
const CHANGES_EACH = 150
const RETRY_MS = 100
/** How a change is told from others in the log and in the database. */
const mark = (n: number, i: number, seq: number) => `audit-${n}-${i}-${seq}`

interface AuditRow {
  id: number
  operation: string
  target: string
  changes: { kind: string; id: string; before?: Record<string, unknown>; after?: Record<string, unknown> }[]
}

/** Administrators who change things without pause, and what of it was acknowledged. */
class Administrators {
  readonly acknowledged: { operation: string; target: string; value: string }[] = []
  readonly refusals: string[] = []
  #working = 0

  get areAtWork(): boolean {
    return this.#working > 0
  }

  start(world: JobWorld, n: number, accounts: readonly string[]): void {
    this.#working = accounts.length
    for (const [i, userId] of accounts.entries())
      void this.#change(world, n, i, userId).finally(() => {
        this.#working--
      })
  }

  /** One after another, each different from the one before. An answer that is lost is not asked for again. */
  async #change({ admin, rooms }: JobWorld, n: number, i: number, userId: string): Promise<void> {
    for (let seq = 1; seq <= CHANGES_EACH; seq++) {
      const value = mark(n, i, seq)
      await this.#try({ operation: 'putUser', target: userId, value }, () =>
        admin.put(`/_synapse/admin/v2/users/${enc(userId)}`, { displayname: value }),
      )
      await this.#try({ operation: 'suspendUser', target: userId, value: String(seq % 2 === 1) }, () =>
        admin.put(`${V1}/suspend/${enc(userId)}`, { suspend: seq % 2 === 1 }),
      )
      await this.#try({ operation: 'createRegistrationToken', target: '', value }, () =>
        admin.post(`${V1}/registration_tokens/new`, { token: value }),
      )
      if (seq % 10 !== 0) continue
      const roomId = rooms[seq / 10]! // who is not suspended may come: `seq` is even
      await this.#try({ operation: 'joinRoom', target: roomId, value: userId }, () =>
        admin.post(`${V1}/join/${enc(roomId)}`, { user_id: userId }),
      )
    }
  }

  async #try(change: Administrators['acknowledged'][number], request: () => Promise<unknown>): Promise<void> {
    try {
      await request()
      this.acknowledged.push(change)
    } catch (error) {
      if (!(error instanceof MatrixRequestError)) await wait(RETRY_MS)
      // A suspension whose answer was lost is still there at the next join, or is not.
      else if (error.errcode !== 'M_USER_SUSPENDED') this.refusals.push(error.message)
    }
  }
}

async function changing(world: JobWorld, n: number): Promise<Instance> {
  const accounts = await makeAccounts(world.admin, `audited${n}-`, ACCOUNTS)
  const administrators = new Administrators()
  const [last] = await world.query('SELECT MAX(id) AS id FROM audit_log')
  return {
    start: async () => administrators.start(world, n, accounts),
    isAtWork: async () => administrators.areAtWork,
    async check() {
      const rows = await rowsAfter(world, Number(last!['id']))
      return [
        ...administrators.refusals.slice(0, 5),
        ...(await inParallel(accounts.length, (i) => checkAccount(world, rows, accounts[i]!))).flat(),
        ...(await checkTokens(world, rows, n)),
        ...(await checkJoins(world, rows, accounts)),
        ...missing(rows, administrators.acknowledged),
      ]
    },
  }
}

async function rowsAfter(world: JobWorld, id: number): Promise<AuditRow[]> {
  const sql = 'SELECT id, operation, target, changes FROM audit_log WHERE id > ? ORDER BY id'
  return (await world.query(sql, id)).map((row) => ({
    id: Number(row['id']),
    operation: String(row['operation']),
    target: String(row['target']),
    changes: JSON.parse(String(row['changes'])),
  }))
}

/** Each row begins where the one before has ended, and the last where the account is: no change is missing, none is too many. */
async function checkAccount(world: JobWorld, rows: readonly AuditRow[], userId: string): Promise<string[]> {
  const [now] = await world.query('SELECT displayname, suspended FROM users WHERE name = ?', userId)
  const isSuspended = Number(now!['suspended']) === 1
  const real: Record<string, unknown> = { displayname: now!['displayname'], suspended: isSuspended }
  const problems: string[] = []
  for (const field of ['displayname', 'suspended']) {
    const chain = rows
      .filter(({ target }) => target === userId)
      .flatMap(({ changes }) => changes)
      .filter(({ kind, after }) => kind === 'user' && after !== undefined && field in after)
    for (const [i, { before }] of chain.entries()) {
      if (i === 0) continue
      problems.push(
        ...expectEqual(`${field} of ${userId}, ${i}`, before?.[field], chain[i - 1]!.after![field]),
      )
    }
    problems.push(...expectEqual(`${field} of ${userId}`, real[field], chain.at(-1)?.after?.[field] ?? false))
  }
  return problems
}

/** As many rows as tokens. */
async function checkTokens(world: JobWorld, rows: readonly AuditRow[], n: number): Promise<string[]> {
  const sql = 'SELECT COUNT(*) AS n FROM registration_tokens WHERE token LIKE ?'
  const made = Number(await world.value(sql, `audit-${n}-%`))
  return expectEqual('registration tokens', rows.filter(of('createRegistrationToken')).length, made)
}

/** As many rows as members; the events of rooms are committed another way. */
async function checkJoins(
  world: JobWorld,
  rows: readonly AuditRow[],
  accounts: readonly string[],
): Promise<string[]> {
  const list = accounts.map(() => '?').join(', ')
  const sql = `SELECT COUNT(*) AS n FROM room_members WHERE membership = 'join' AND user_id IN (${list})`
  // Other work, which may go on beside this, lets accounts into the first room.
  const noted = rows.filter(of('joinRoom')).filter(({ target }) => target !== world.rooms[0])
  return expectEqual('joins', noted.length, Number(await world.value(sql, ...accounts)))
}

const of = (operation: string) => (row: { operation: string }) => row.operation === operation

/**
 * What was acknowledged and is not in the log as often. A suspension may have found what it wanted, when the one before
 * was never done: it changed nothing, and has no row.
 */
function missing(rows: readonly AuditRow[], acknowledged: Administrators['acknowledged']): string[] {
  const problems: string[] = []
  for (const operation of ['putUser', 'createRegistrationToken', 'joinRoom']) {
    const there = rows.filter(of(operation)).length
    const promised = acknowledged.filter(of(operation)).length
    if (there < promised) problems.push(`${operation}: ${promised} acknowledged, ${there} in the log`)
  }
  const names = new Set(
    rows.flatMap(({ changes }) => changes.map(({ after }) => after?.['displayname'])).filter(Boolean),
  )
  const lost = acknowledged.filter(of('putUser')).filter(({ value }) => !names.has(value))
  return [...problems, ...expectEqual('display names that are in no row', lost, [])]
}

export const auditCases: readonly JobCase[] = [
  { name: 'what administrators change is in the audit log', jobs: [], prepare: changing },
]
