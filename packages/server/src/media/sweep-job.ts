import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Storage } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import { isMissing, type MediaFiles } from './media-files.ts'

/** Its id in the database: there is one for ever. */
export const SWEEP_MEDIA_ID = 'sweep-media'

const PREFIXES = 256
const HASHES_PER_READ = 500
const A_DAY_MS = 24 * 3_600_000
/** Longer than an upload may take: what is older was left by a process that is gone. */
const UNFINISHED_FOR_MS = 3_600_000
/**
 * Between being found to belong to nothing and being removed: an operator who has connected the store to the wrong
 * database, or to an old copy of it, gets everything back from the folder `orphans`.
 */
const ORPHANED_FOR_MS = 7 * A_DAY_MS

interface SweepProgress extends Record<string, number> {
  /** The next of the 256 folders of the store. */
  next: number
}

/**
 * Once a day, a folder at a time: contents that no row mentions (left by a crash between file and row) are set aside and
 * removed a week later, with uploads that were never finished, and with reservations that have expired.
 */
export function sweepMediaJob(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  files: MediaFiles
}): JobKind {
  const { files } = deps
  return defineJob<Record<string, never>, SweepProgress>({
    name: SWEEP_MEDIA_ID,
    async step({ nowMs }, _params, progress) {
      const next = progress?.next ?? 0
      if (next === 0) {
        await removeOlder(join(files.root, 'incoming'), nowMs - UNFINISHED_FOR_MS, (name) =>
          files.isArriving(name),
        )
        await removeOlder(join(files.root, 'orphans'), nowMs - ORPHANED_FOR_MS)
      }
      await sweepPrefix(deps, next.toString(16).padStart(2, '0'), nowMs)
      return async (tx) => {
        await tx.mediaReservations.deleteExpired(nowMs - UNFINISHED_FOR_MS, HASHES_PER_READ)
        const isLast = next + 1 >= PREFIXES
        return { progress: { next: isLast ? 0 : next + 1 }, dueTs: isLast ? nowMs + A_DAY_MS : nowMs }
      }
    },
  })
}

async function sweepPrefix(
  { storage, files }: { storage: Pick<Storage, 'read'>; files: MediaFiles },
  prefix: string,
  nowMs: number,
): Promise<void> {
  const hashesIn = async (kind: 'content' | 'thumbnails') =>
    (await listFolder(join(files.root, kind, prefix)))
      .map((rest) => prefix + rest)
      .filter((name) => /^[0-9a-f]{64}$/.test(name)) // what else lies there is not ours to remove
  const hashes = [...new Set([...(await hashesIn('content')), ...(await hashesIn('thumbnails'))])]
  for (let i = 0; i < hashes.length; i += HASHES_PER_READ) {
    const batch = hashes.slice(i, i + HASHES_PER_READ)
    const known = await storage.read.media.knownHashes(batch)
    for (const sha256 of batch) {
      if (known.has(sha256)) continue
      await files.locked(sha256, async () => {
        // An upload may have brought its row since.
        if ((await storage.read.media.knownHashes([sha256])).size === 0) await setAside(files, sha256, nowMs)
      })
    }
  }
}

async function setAside(files: MediaFiles, sha256: string, nowMs: number): Promise<void> {
  await files.makeFolder('orphans')
  const aside = join(files.root, 'orphans', sha256)
  try {
    await rename(files.contentPath(sha256), aside)
    await utimes(aside, nowMs / 1000, nowMs / 1000) // its week begins now
  } catch (error) {
    if (!isMissing(error)) throw error // thumbnails without a content
  }
  await rm(files.thumbnailFolder(sha256), { recursive: true, force: true })
}

async function removeOlder(
  folder: string,
  beforeMs: number,
  isInUse: (name: string) => boolean = () => false,
): Promise<void> {
  for (const name of await listFolder(folder)) {
    if (isInUse(name)) continue
    const path = join(folder, name)
    const about = await stat(path).catch(() => undefined) // finished and moved away meanwhile
    if (about !== undefined && about.mtimeMs < beforeMs) await rm(path, { force: true })
  }
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
