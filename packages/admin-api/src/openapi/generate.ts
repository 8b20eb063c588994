import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from './document.ts'
import { operations } from './operations.ts'

const PACKAGE = join(import.meta.dirname, '../..')

/** Every file that is made from the operations, with the text it must have. */
export function generatedFiles(): { path: string; text: string }[] {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const document = openApiDocument(operations, version)
  return [
    { path: join(PACKAGE, 'openapi.json'), text: `${JSON.stringify(document, null, 2)}\n` },
    { path: join(PACKAGE, 'src/client/generated/calls.ts'), text: callTable() },
  ]
}

/** Method and path of every operation: all the client needs at run time, without the schemas. */
function callTable(): string {
  const rows = Object.entries(operations).map(
    ([id, { method, path }]) => `  ${id}: ['${method}', '${path}'],\n`,
  )
  return `// Made by scripts/generate-openapi.ts
import type { OperationId } from '../../openapi/operations.ts'

/** Method and path of every operation. */
export const calls: Readonly<Record<OperationId, readonly [method: string, path: string]>> = {
${rows.join('')}}
`
}
