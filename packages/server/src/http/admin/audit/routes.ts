import { Readable } from 'node:stream'
import type { AuditEntry, AuditPage } from '@ranvier/admin-api/audit'
import { AuditExportQuery, AuditQuery } from '@ranvier/admin-api/openapi/queries/audit'
import type { AuditFilter, AuditPlace, AuditRow, Storage } from '@ranvier/storage'
import { notFound } from '../../../errors.ts'
import { bytes } from '../../answer.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { MOST_ITEMS, pageToken, placeOf } from '../page-token.ts'

const EXPORT_PAGE = 200
const listQuery = queryParams(AuditQuery)
const exportQuery = queryParams(AuditExportQuery)

/** `GET /_ranvier/admin/v1/audit`, `…/audit/export` and `…/audit/{auditId}`: what administrators have done. */
export function auditRoutes({ storage }: { storage: Pick<Storage, 'read'> }): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/audit',
      operationId: 'listAudit',
      query: listQuery,
      async handler({ query }): Promise<AuditPage> {
        const limit = Math.min(query.limit, MOST_ITEMS)
        const [ts, id] = query.from === undefined ? [] : placeOf(query.from, ['number', 'number'])
        const after = ts === undefined || id === undefined ? undefined : { ts, id }
        const page = { dir: query.dir as 'f' | 'b', after, limit: limit + 1 } // `queryEnum` has checked it
        const rows = await storage.read.auditLog.list(filterOf(query), page)
        const shown = rows.slice(0, limit)
        const last = shown.at(-1)
        return {
          entries: shown.map(auditEntry),
          ...(rows.length > limit && last !== undefined && { next_token: pageToken([last.ts, last.id]) }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/audit/export',
      operationId: 'exportAudit',
      query: exportQuery,
      handler: ({ query }) =>
        bytes(Readable.from(exportedLines(storage, filterOf(query))), {
          'content-type': 'application/x-ndjson',
          'cache-control': 'no-store',
        }),
    }),
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/audit/:auditId',
      operationId: 'getAudit',
      async handler({ params: { auditId } }): Promise<AuditEntry> {
        const id = /^\d{1,15}$/.test(auditId) ? Number(auditId) : -1
        const row = await storage.read.auditLog.find(id)
        if (row === undefined) throw notFound('Audit row')
        return auditEntry(row)
      },
    }),
  ]
}

/** A page is read when the one before has been taken: however long the log is, little of it is in memory. */
async function* exportedLines(storage: Pick<Storage, 'read'>, filter: AuditFilter): AsyncGenerator<string> {
  let after: AuditPlace | undefined
  for (;;) {
    const rows = await storage.read.auditLog.list(filter, { dir: 'f', after, limit: EXPORT_PAGE })
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(auditEntry(row))}\n`).join('')
    if (rows.length < EXPORT_PAGE) return
    after = rows.at(-1)
  }
}

function filterOf(query: {
  actor: string | undefined
  target: string | undefined
  operation: string | undefined
  from_ts: number | undefined
  to_ts: number | undefined
}): AuditFilter {
  const { actor, target, operation, from_ts: fromTs, to_ts: toTs } = query
  return { actor, target, operation, fromTs, toTs }
}

export function auditEntry(row: AuditRow): AuditEntry {
  const { tokenId: id, tokenName: name } = row
  return {
    id: row.id,
    ts: row.ts,
    action_id: row.actionId,
    operation: row.operation,
    actor: row.actor,
    acting_as: row.actingAs,
    token: id === null ? null : { id, name: name ?? '' },
    ip: row.ip,
    user_agent: row.userAgent,
    target: row.target,
    changes: row.changes,
    more_changes: row.moreChanges,
    jobs: row.jobs,
  }
}
