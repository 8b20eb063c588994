import { flushCompileCache } from 'node:module'

/** Each brings some hundred files that those before it have not brought. */
const parts = [
  () => import('../wiring-rooms.ts'),
  () => import('../wiring-admin.ts'),
  () => import('../sync/wire-sync.ts'),
]

/**
 * Loads the server. Node keeps compiled code as it was read from the disk until it is told to write what is new of it. Told
 * so after each part, it takes the same memory for the next; after all of them, 10 MB would lie empty for good, between what
 * stays.
 */
export async function loadServer(): Promise<typeof import('../main.ts')> {
  flushCompileCache()
  for (const load of parts) {
    await load()
    flushCompileCache()
  }
  const server = await import('../main.ts')
  flushCompileCache()
  return server
}
