import { schemaErrors } from '@ranvier/admin-api/check-schema'
import { isJsonObject } from '@ranvier/protocol/json'
import { configSchema, type RawConfig, unusedKeys } from './schema/schema.ts'
import { parseDurationMs, parseSizeBytes } from './units.ts'

/** What is wrong with a configuration, said to the person who wrote it: each line names the key, the value and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** The parts of a JSON schema node we look at. */
interface Node {
  type?: string | string[]
  properties?: Record<string, Node>
  required?: string[]
  items?: Node
  default?: unknown
  /** What `key: null` stands for; without it, the same as no key. */
  nullIs?: unknown
  examples?: unknown[]
  enum?: unknown[]
  unit?: 'duration' | 'size'
}

export interface CheckedConfig {
  raw: RawConfig
  warnings: string[]
}

/**
 * Checks what stood in a configuration file and fills in the defaults. Throws a {@link ConfigError} with every problem.
 * A key without a value (`key:`) is as if it were not there.
 */
export function checkConfig(written: Record<string, unknown>): CheckedConfig {
  const warnings: string[] = []
  const schema = configSchema as Node // TypeBox schemas are JSON schemas
  warnAboutUnknownKeys(schema, written, '', warnings)
  const filled = fillDefaults(schema, written)
  const problems = [...typeProblems(schema, filled), ...unitProblems(schema, filled, '')]
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return { raw: filled as RawConfig, warnings } // it has just been checked
}

function warnAboutUnknownKeys(node: Node, value: unknown, path: string, warnings: string[]): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries())
      if (node.items !== undefined) warnAboutUnknownKeys(node.items, item, `${path}[${i}]`, warnings)
    return
  }
  if (!isJsonObject(value) || node.properties === undefined) return
  for (const [key, member] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`
    const inner = Object.hasOwn(node.properties, key) ? node.properties[key] : undefined
    if (inner !== undefined) warnAboutUnknownKeys(inner, member, place, warnings)
    else if (path === '' && unusedKeys.has(key))
      warnings.push(`${place}: Synapse has this setting, but it is not used yet: it has no effect`)
    else if (!path.startsWith('database.args'))
      // What libpq takes and we do not need stays unmentioned there.
      warnings.push(
        `${place}: unknown setting, it has no effect. See docs/configuration.md for the known ones`,
      )
  }
}

function fillDefaults(node: Node, value: unknown): unknown {
  if (value === null && node.nullIs !== undefined) return node.nullIs
  if (value === undefined || value === null) {
    if (node.default === undefined) return undefined
    return fillDefaults({ ...node, default: undefined }, structuredClone(node.default))
  }
  if (Array.isArray(value))
    return value.map((item) => (node.items === undefined ? item : fillDefaults(node.items, item)))
  if (!isJsonObject(value) || node.properties === undefined) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [key, inner] of Object.entries(node.properties)) {
    const member = fillDefaults(inner, value[key])
    if (member === undefined) delete filled[key]
    else filled[key] = member
  }
  return filled
}

function typeProblems(schema: Node, filled: unknown): string[] {
  const seen = new Set<string>()
  const problems: string[] = []
  for (const error of schemaErrors(configSchema, filled)) {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (error.keyword === 'required') {
      for (const key of error.expected as string[]) problems.push(missingProblem(schema, [...path, key]))
      continue
    }
    const place = placeName(path)
    if (seen.has(place)) continue // one wrong value, several ways in which it is wrong
    seen.add(place)
    problems.push(
      `${place}: ${wanted(nodeAt(schema, path), error.message)}, not ${shown(valueAt(filled, path))}.${hint(schema, path)}`,
    )
  }
  return problems
}

function missingProblem(schema: Node, path: string[]): string {
  return `${placeName(path)}: this setting is missing.${hint(schema, path)}`
}

/** A sentence with an example, if the schema has one for the key or for what holds it. */
function hint(schema: Node, path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const example = nodeAt(schema, path.slice(0, length))?.examples?.[0]
    const key = path[length - 1]!
    if (example !== undefined && !/^\d+$/.test(key))
      return ` Write, for example, \`${key}: ${String(example)}\`.`
  }
  return ' See docs/configuration.md.'
}

function wanted(node: Node | undefined, message: string): string {
  if (node?.enum !== undefined) return `must be one of ${node.enum.map(String).join(', ')}`
  if (node?.unit === 'duration') return 'must be a duration such as 30s, 5m, 2h, 7d, 1w'
  if (node?.unit === 'size') return 'must be a size such as 512K, 50M, 1G'
  switch (node?.type) {
    case 'boolean':
      return 'must be true or false'
    case 'integer':
      return message.startsWith('must be integer') ? 'must be a whole number' : message
    case 'string':
      return 'must be text'
    case 'array':
      return 'must be a list'
    case 'object':
      return 'must have settings of its own beneath it'
    default:
      return message
  }
}

function unitProblems(node: Node, value: unknown, path: string): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) =>
      node.items === undefined ? [] : unitProblems(node.items, item, `${path}[${i}]`),
    )
  if (isJsonObject(value))
    return Object.entries(node.properties ?? {}).flatMap(([key, inner]) =>
      unitProblems(inner, value[key], path === '' ? key : `${path}.${key}`),
    )
  if (node.unit === undefined || (typeof value !== 'string' && typeof value !== 'number')) return []
  const parse = node.unit === 'duration' ? parseDurationMs : parseSizeBytes
  return parse(value) === undefined ? [`${path}: ${wanted(node, '')}, not ${shown(value)}.`] : []
}

function nodeAt(schema: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = schema
  for (const part of path) node = node?.properties?.[part] ?? node?.items
  return node
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const part of path)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[part] : undefined
  return found
}

function placeName(path: readonly string[]): string {
  return path.reduce(
    (name, part) => (/^\d+$/.test(part) ? `${name}[${part}]` : name === '' ? part : `${name}.${part}`),
    '',
  )
}

/** Values of secret keys are wrong in their type at most, and a wrong type shows little; still they are cut short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
