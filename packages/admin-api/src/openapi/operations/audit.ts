import { AuditEntry, AuditPage } from '../../audit.ts'
import type { Operations } from '../operation.ts'
import { AuditExportQuery, AuditQuery } from '../queries/audit.ts'
import { badToken } from './shared.ts'

const tag = 'Audit log'

/** What administrators have done. */
export const auditOperations = {
  listAudit: {
    method: 'GET',
    path: '/_ranvier/admin/v1/audit',
    tag,
    area: 'audit',
    summary: 'What administrators have done, newest first',
    description:
      'A row is written in the transaction of the change it tells of. Rows are never changed or deleted.',
    query: AuditQuery,
    answers: { 200: { when: 'A page of rows', schema: AuditPage } },
    errors: [badToken],
  },
  exportAudit: {
    method: 'GET',
    path: '/_ranvier/admin/v1/audit/export',
    tag,
    area: 'audit',
    summary: 'The same as lines of JSON, oldest first',
    description: 'All rows at once: one object a line, sent as they are read.',
    query: AuditExportQuery,
    stream: 'lines',
    answers: { 200: { when: 'A row a line', schema: AuditEntry } },
    errors: [],
  },
  getAudit: {
    method: 'GET',
    path: '/_ranvier/admin/v1/audit/:auditId',
    tag,
    area: 'audit',
    summary: 'One row',
    params: { auditId: 'Number of the row' },
    answers: { 200: { when: 'The row', schema: AuditEntry } },
    errors: [[404, 'M_NOT_FOUND', 'No such row']],
  },
} as const satisfies Operations
