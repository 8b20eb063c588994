import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Looks through this thread's heap at once and gives back what lies empty in it, which nothing makes V8 do with a heap that
 * grows no more. The thread stands still for as long: some ms for each MB in use.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void // what the flag puts there
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' })
}
