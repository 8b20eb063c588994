import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Operation } from '@ranvier/admin-api/openapi/operation'
import { operations } from '@ranvier/admin-api/openapi/operations'
import type { TSchema } from '@ranvier/admin-api/schema'
import { errcodes } from '@ranvier/protocol/errcode'
import { openStorage } from '@ranvier/storage'
import type { Route } from '../route.ts'
import { isAdminPath, type WholeServer, wholeServer } from './whole-server-fixture.ts'

const DOCUMENT = new URL(import.meta.resolve('@ranvier/admin-api/openapi.json'))
const described: Record<string, Operation> = operations

async function withServer(check: (server: WholeServer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-openapi-'))
  try {
    await using storage = await openStorage({ dialect: 'sqlite', file: join(folder, 'test.db') })
    await using server = await wholeServer(storage)
    await check(server)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function adminRoutesOf(server: WholeServer): Route[] {
  return server.routes.filter(({ path }) => isAdminPath(path))
}

test('every route of the admin API is described, and what is described is served', () =>
  withServer(async (server) => {
    const routes = adminRoutesOf(server)

    const undescribed = routes.filter(({ operationId }) => operationId === undefined)
    assert.deepEqual(
      undescribed.map(({ method, path }) => `${method} ${path}`),
      [],
      'routes without an operationId: describe them in packages/admin-api/src/openapi/operations',
    )
    const served = routes.map(({ operationId }) => operationId)
    assert.deepEqual(served.toSorted(), Object.keys(described).toSorted())
  }))

test('routes do what their description says', () =>
  withServer(async (server) => {
    for (const route of adminRoutesOf(server)) {
      const id = route.operationId!
      const operation = described[id]!
      assert.deepEqual([route.method, route.path], [operation.method, operation.path], id)
      assert.equal(route.auth, operation.auth ?? 'admin', id)
      assert.equal(declarationOf(route), operation.query, `${id}: query`)
      // A body without members is checked by the handler, as some members have errcodes of their own.
      if (route.body !== undefined && !isEmptyObject(route.body))
        assert.equal(route.body, operation.body, `${id}: body`)
      assert.equal(route.body === undefined, operation.body === undefined, `${id}: body`)
      assert.equal(route.emptyBody, operation.bodyOptional ?? false, `${id}: bodyOptional`)
    }
  }))

test('a running server loads what it reads queries by, and nothing else of the description', () => {
  const SOURCES = join(import.meta.dirname, '../..')
  // `import type` is erased. A plain import of an operation would load the schemas of every answer.
  const heavy = /^import (?!type\b)[^;']*'@ranvier\/admin-api(?:'|\/openapi\/(?!queries\/|query-params'))/m
  const files = globSync('**/*.ts', { cwd: SOURCES }).filter((file) => !/(\.test|fixture)\.ts$/.test(file))

  assert.deepEqual(
    files.filter((file) => heavy.test(readFileSync(join(SOURCES, file), 'utf8'))),
    [],
  )
})

test('errors have errcodes there are', () => {
  const known: readonly string[] = errcodes
  for (const [id, { errors }] of Object.entries(described))
    for (const [, errcode] of errors) assert.ok(known.includes(errcode), `${id}: ${errcode}`)
})

test('the document is served to everybody, as it is checked in', () =>
  withServer(async (server) => {
    const { status, text, headers } = await server.call('GET', '/_ranvier/admin/v1/openapi.json')

    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.equal(text, readFileSync(DOCUMENT, 'utf8'))
  }))

function declarationOf(route: Route): unknown {
  return (route.query as { declaration?: unknown } | undefined)?.declaration
}

function isEmptyObject(schema: TSchema): boolean {
  return Object.keys((schema as { properties?: object }).properties ?? {}).length === 0
}
