import assert from 'node:assert/strict'
import { answerProblems, findOperation } from '@ranvier/admin-api/openapi/check-answer'
import { operations } from '@ranvier/admin-api/openapi/operations'

/**
 * Whatever a test asks the admin API, the answer must be as the OpenAPI document describes it: every member there, of
 * its type, and none besides; or an error that is described. Other paths are passed over. For tests.
 */
export function checkAdminAnswer(method: string, url: string, status: number, body: unknown): void {
  const operation = findOperation(method, url.split('?')[0]!)
  if (operation === undefined || 'stream' in operations[operation]) return
  assert.deepEqual(answerProblems(operation, status, body), [], `${method} ${url}`)
}
