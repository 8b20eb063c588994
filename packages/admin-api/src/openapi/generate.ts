import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from './document.ts'
import { type Operation, scopeOf } from './operation.ts'
import { operations } from './operations.ts'

const PACKAGE = join(import.meta.dirname, '../..')

/** Every file that is made from the operations, with the text it must have. */
export function generatedFiles(): { path: string; text: string }[] {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const document = openApiDocument(operations, version)
  return [
    { path: join(PACKAGE, 'openapi.json'), text: `${JSON.stringify(document, null, 2)}\n` },
    { path: join(PACKAGE, 'src/client/generated/calls.ts'), text: callTable() },
    { path: join(PACKAGE, 'src/generated/scopes.ts'), text: scopeTable() },
  ]
}

/** Method and path of every operation: all the client needs at run time, without the schemas. */
function callTable(): string {
  const rows = Object.entries<Operation>(operations).map(
    ([id, { method, path, stream }]) =>
      `  ${id}: ['${method}', '${path}'${stream === undefined ? '' : `, '${stream}'`}],\n`,
  )
  return `// Made by scripts/generate-openapi.ts
import type { OperationId } from '../../openapi/operations.ts'

/** Method and path of every operation. */
export const calls: Readonly<
  Record<OperationId, readonly [method: string, path: string, stream?: 'lines' | 'events']>
> = {
${rows.join('')}}
`
}

/** What each operation takes of a scoped token: all the server needs of the descriptions at run time. */
function scopeTable(): string {
  const rows = Object.entries(operations).map(([id, operation]) => `  ${id}: '${scopeOf(operation)}',\n`)
  return `// Made by scripts/generate-openapi.ts
import type { Scope } from '../areas.ts'
import type { OperationId } from '../openapi/operations.ts'

/** What a scoped token needs for each operation. */
export const scopes: Readonly<Record<OperationId, Scope>> = {
${rows.join('')}}
`
}
