import assert from 'node:assert/strict'
import type { BulkItemList, BulkJobState } from '@ranvier/admin-api/bulk-jobs'
import type { Person, WholeServer } from '../whole-server-fixture.ts'

export const JOBS = '/_ranvier/admin/v1/bulk_jobs'

/** Calls of an administrator about bulk jobs. */
export function bulkCalls(server: WholeServer, { token }: Person) {
  const start = (body: object) => server.call('POST', JOBS, { token, body })
  const state = (id: string): Promise<BulkJobState> => server.ok('GET', `${JOBS}/${id}`, { token })
  const items = (id: string, query = ''): Promise<BulkItemList> =>
    server.ok('GET', `${JOBS}/${id}/items${query}`, { token })
  return {
    start,
    state,
    items,
    preview: (body: object) => server.call('POST', `${JOBS}/preview`, { token, body }),
    cancel: (id: string) => server.call('POST', `${JOBS}/${id}/cancel`, { token }),
    /** Starts a job and lets it end: what became of each item, as `item state`. */
    async run(body: object): Promise<{ state: BulkJobState; ends: string[] }> {
      const started = await start(body)
      assert.equal(started.status, 200, started.text)
      await server.jobsDone()
      const { items: list } = await items(started.body.job_id)
      return {
        state: await state(started.body.job_id),
        ends: list.map(
          ({ item, state: end, error }) => `${item} ${end}${error === undefined ? '' : `: ${error}`}`,
        ),
      }
    },
  }
}
