import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openApiDocument } from './document.ts'
import { operations } from './operations.ts'

type Node = Record<string, unknown>

const isObject = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every object in a JSON value, with the way to it. */
function* objectsIn(value: unknown, way: string[] = []): Generator<{ node: Node; way: string[] }> {
  if (!isObject(value)) return
  yield { node: value, way }
  for (const [key, child] of Object.entries(value)) yield* objectsIn(child, [...way, key])
}

function resolve(document: Node, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), document)
}

// As others read it: no identities, no symbols, nothing but JSON.
const document = JSON.parse(JSON.stringify(openApiDocument(operations, '1.2.3'))) as Node
const calls = Object.entries(document['paths'] as Record<string, Record<string, Node>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, call]) => ({ path, method, call })),
)

test('the files that are made from the operations are up to date', () => {
  const root = join(import.meta.dirname, '../../../..')

  execFileSync(process.execPath, [join(root, 'scripts/generate-openapi.ts'), '--check'], { stdio: 'pipe' })
})

test('every operation is in the document, once, with a summary and an answer', () => {
  const ids = calls.map(({ call }) => call['operationId'])

  assert.deepEqual(ids.toSorted(), Object.keys(operations).toSorted())
  for (const { call } of calls) {
    assert.match(String(call['summary']), /^[A-Z].{5,}[^.]$/)
    assert.ok(Object.keys(call['responses'] as Node).some((status) => status.startsWith('2')))
  }
})

test('every field and parameter says what it means', () => {
  const silent: string[] = []
  for (const { node, way } of objectsIn(document)) {
    const isParameter = way.at(-2) === 'parameters'
    const isField = way.at(-2) === 'properties' && way.at(-1) !== 'errcode'
    if ((isParameter || isField) && node['$ref'] === undefined && typeof node['description'] !== 'string')
      silent.push(way.join('.'))
  }

  assert.deepEqual(silent, [])
})

test('times say their unit', () => {
  const silent: string[] = []
  for (const { node, way } of objectsIn(document)) {
    const isTime = /(_ts|_at|_ms|last_seen)$/.test(way.at(-1)!) && way.at(-2) === 'properties'
    if (isTime && !/\b(ms|seconds)\b/.test(String(node['description']))) silent.push(way.join('.'))
  }

  assert.deepEqual(silent, [])
})

test('every parameter of a path is declared, and no other', () => {
  for (const { path, call } of calls) {
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
    const declared = ((call['parameters'] ?? []) as Node[])
      .filter((parameter) => parameter['in'] === 'path')
      .map((parameter) => parameter['name'])
    assert.deepEqual(declared, inPath, path)
  }
})

test('no two paths differ in the names of their parameters only', () => {
  const paths = [...new Set(calls.map(({ path }) => path))]

  assert.equal(new Set(paths.map((path) => path.replace(/\{[^}]+\}/g, '{}'))).size, paths.length)
})

test('references lead somewhere, and what is named is referred to', () => {
  const used = new Set<string>()
  for (const { node } of objectsIn(document)) if (typeof node['$ref'] === 'string') used.add(node['$ref'])

  for (const reference of used) assert.ok(isObject(resolve(document, reference)), reference)
  const { schemas, responses } = document['components'] as Record<string, Node>
  const named = [
    ...Object.keys(schemas!).map((name) => `#/components/schemas/${name}`),
    ...Object.keys(responses!).map((name) => `#/components/responses/${name}`),
  ]
  assert.deepEqual(
    named.filter((name) => !used.has(name)),
    [],
  )
})

test('calls for administrators name the errors of who is none', () => {
  const getUser = calls.find(({ call }) => call['operationId'] === 'getUser')!.call
  const version = calls.find(({ call }) => call['operationId'] === 'getServerVersion')!.call

  const errors = Object.keys(getUser['responses'] as Node)
  assert.deepEqual(errors, ['200', '400', '401', '403', '404'])
  assert.deepEqual(Object.keys(version['responses'] as Node), ['200'])
  assert.deepEqual(version['security'], [])
})

test('values that may be null are written as OpenAPI 3.1 has it', () => {
  const { UserDetails } = (document['components'] as Record<string, Record<string, Node>>)['schemas']!
  const { displayname, admin, threepids } = UserDetails!['properties'] as Record<string, Node>

  assert.deepEqual(displayname!['type'], ['string', 'null'])
  assert.deepEqual(admin!['anyOf'], [{ type: 'boolean' }, { type: 'number', enum: [0, 1] }])
  assert.deepEqual(threepids!['items'], { $ref: '#/components/schemas/ThreepidItem' })
})
