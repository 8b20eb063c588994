import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const AFTER_START_MS = 3_000

/**
 * Gives back, once, what starting needed and running does not: compiled code as it was read from the disk, 10 MB that Node
 * drops when it has written what is new of it, and some 20 MB that V8 would keep, as nothing makes it look through a heap that
 * grows no more. It stops the event loop for about a tenth of a second, and for one when all code is new, before
 * anybody uses the server.
 */
export function releaseMemoryAfterStart(): void {
  setTimeout(() => {
    flushCompileCache()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (options: object) => void // what the flag puts there
    setFlagsFromString('--no-expose-gc')
    collect({ type: 'major', flavor: 'last-resort', execution: 'sync' })
  }, AFTER_START_MS).unref()
}
