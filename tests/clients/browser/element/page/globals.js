/** What the bundled code expects of Node.js in a browser. */
// biome-ignore lint/style/useNodejsImportProtocol: it is the package for browsers, not Node's own
import { Buffer } from 'buffer'

export const process = {
  env: { NODE_ENV: 'production' },
  nextTick: (task, ...args) => queueMicrotask(() => task(...args)),
}
export { Buffer }
