import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const TIDY_SEARCH_ID = 'tidy-search-index'
const PAGES_PER_STEP = 32
const PAUSE_MS = 600_000

/** Takes out of the search index what the words of deleted events have left there. */
export function tidySearchJob(): JobKind {
  return defineJob<Record<string, never>, null>({
    name: TIDY_SEARCH_ID,
    step:
      ({ nowMs, batch }) =>
      async (tx) => {
        const isTidy = await tx.eventSearch.tidy(batch(PAGES_PER_STEP))
        return { progress: null, dueTs: isTidy ? nowMs + PAUSE_MS : nowMs }
      },
  })
}
