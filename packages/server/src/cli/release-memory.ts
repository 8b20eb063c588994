import { flushCompileCache } from 'node:module'
import { collectGarbage } from '@ranvier/storage/collect-garbage'

const AFTER_START_MS = 3_000

/**
 * Gives back, once, what starting needed and running does not: compiled code as it was read from the disk (`load-server.ts`),
 * and some 20 MB that V8 would keep. It stops the event loop for about a tenth of a second, and for one when all code is new,
 * before anybody uses the server.
 */
export function releaseMemoryAfterStart(): void {
  setTimeout(() => {
    flushCompileCache()
    collectGarbage()
  }, AFTER_START_MS).unref()
}
