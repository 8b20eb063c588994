import type { Storage } from '@ranvier/storage'
import type { Job } from '@ranvier/storage/stores/jobs/jobs'
import { shuttingDown } from '../errors.ts'

/** Resolves with a job when it has ended. Throws when `signal` says so first; the job goes on. */
export type WaitForJob = (jobId: string, signal: AbortSignal) => Promise<Job>

/** For requests that answer with the end of a job. */
export function waitForJob(storage: Pick<Storage, 'read' | 'subscribe'>): WaitForJob {
  /** Who waits for the end of a job, by its id. */
  const waiting = new Map<string, Set<() => void>>()
  storage.subscribe((facts) => {
    for (const { stream, key, change } of facts)
      if (stream === 'jobs' && change !== 'enqueued' && change !== 'progress')
        for (const wake of waiting.get(key) ?? []) wake()
  })
  return async (jobId, signal) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiters = waiting.get(jobId) ?? new Set()
    waiting.set(jobId, waiters.add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      for (;;) {
        // Looked at after the waiter stands: an end in between wakes it.
        const job = await storage.read.jobs.get(jobId)
        if (job.status !== 'scheduled' && job.status !== 'active') return job
        if (signal.aborted) throw shuttingDown()
        await promise
      }
    } finally {
      waiters.delete(resolve)
      if (waiters.size === 0) waiting.delete(jobId)
    }
  }
}
