/**
 * `node scripts/generate-openapi.ts`: writes the OpenAPI document of the admin API and the table its client calls by.
 * With `--check` it writes nothing, and fails when a file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { generatedFiles } from '../packages/admin-api/src/openapi/generate.ts'

const root = join(import.meta.dirname, '..')
const isCheck = process.argv.includes('--check')

for (const { path, text } of generatedFiles()) {
  const name = relative(root, path)
  if (!isCheck) {
    writeFileSync(path, text)
    console.log(`Wrote ${name}`)
  } else if (read(path) !== text) {
    console.error(`${name} is out of date: run node scripts/generate-openapi.ts`)
    process.exitCode = 1
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
