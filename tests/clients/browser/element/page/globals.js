/** What the bundled code expects of Node.js in a browser. */
import { Buffer } from 'buffer'

export const process = {
  env: { NODE_ENV: 'production' },
  nextTick: (task, ...args) => queueMicrotask(() => task(...args)),
}
export { Buffer }
