import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '@ranvier/storage'

let template: Promise<string> | undefined

/** Makes `file` a database with the schema in place: a copy of one that was migrated, which is ten times as fast. */
export async function createMigrated(file: string): Promise<void> {
  template ??= makeTemplate()
  copyFileSync(await template, file)
}

/** Once per run, in the folder `TEST_TEMPLATES` that `npm test` gives; without one, once per process. */
async function makeTemplate(): Promise<string> {
  const folder = process.env['TEST_TEMPLATES'] ?? ownFolder()
  const file = join(folder, 'migrated.db')
  if (existsSync(file)) return file
  // Made under a name of its own: others may be making it too, and must not meet a half-made one.
  const draft = join(folder, `${randomUUID()}.db`)
  const storage = await openStorage({ dialect: 'sqlite', file: draft })
  await storage[Symbol.asyncDispose]()
  renameSync(draft, file)
  return file
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-template-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
