/** `node scripts/generate-config-docs.ts`: writes `docs/configuration.md` from the schema. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configReference } from '../packages/server/src/config/reference.ts'

const file = join(import.meta.dirname, '..', 'docs', 'configuration.md')
writeFileSync(file, configReference())
console.log(`Wrote ${file}`)
