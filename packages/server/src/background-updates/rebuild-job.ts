import type { Transaction } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { RebuildProgress } from './background-updates.ts'

const BATCH = 50
const PAUSED_MS = 1_000

/** Does up to `limit` items behind `after`, in the order of their ids; `last` is `undefined` when there are none. */
type RebuildPart = (
  tx: Transaction,
  after: string,
  limit: number,
) => Promise<{ last: string | undefined; count: number }>

/** A job that walks through everything of one or several kinds, and waits while background updates are paused. */
export function rebuildJob<Name extends string>(
  name: Name,
  how: { isEnabled: () => boolean; parts: readonly RebuildPart[]; afterStep?: () => void },
): JobKind {
  return defineJob<Record<string, never>, RebuildProgress>({
    name,
    step({ nowMs, batch }, _params, progress) {
      const at = progress ?? { part: 0, after: '', items: 0 }
      if (!how.isEnabled()) return { progress: at, dueTs: nowMs + PAUSED_MS }
      const part = how.parts[at.part]
      if (part === undefined) {
        how.afterStep?.()
        return { progress: at, done: true }
      }
      return async (tx) => {
        const { last, count } = await part(tx, at.after, batch(BATCH))
        const items = at.items + count
        return last === undefined
          ? { progress: { part: at.part + 1, after: '', items } }
          : { progress: { part: at.part, after: last, items } }
      }
    },
  })
}
