import type { TSchema } from '@ranvier/admin-api/schema'
import { configSections } from './schema/schema.ts'

/** The parts of a schema that the reference shows. */
interface Node {
  type?: string | string[]
  description?: string
  default?: unknown
  examples?: unknown[]
  enum?: unknown[]
  unit?: 'duration' | 'size'
  properties?: Record<string, Node>
  items?: Node
}

/** `docs/configuration.md`, from the schema. */
export function configReference(): string {
  const sections = configSections.map(({ title, keys }) => {
    const rows = Object.entries(keys as Record<string, TSchema>).flatMap(
      ([key, schema]) => rowsOf(key, schema as Node), // TypeBox schemas are JSON schemas
    )
    return `## ${title}\n\n| Key | Value | Default | |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `${INTRODUCTION}\n${sections.join('\n')}`
}

const INTRODUCTION = `# Configuration

<!-- Generated from packages/server/src/config/schema by scripts/generate-config-docs.ts: change it there. -->

The server runs without a configuration: it makes what it needs in \`./data\`, listens on http://127.0.0.1:8008 and
lets nobody register. To change something, write a \`homeserver.yaml\` and start with \`npm start -- -c homeserver.yaml\`;
\`ranvier config check -c homeserver.yaml\` checks it without starting anything. The keys are those of Synapse, so its
file mostly works here: keys we do not know, and keys that have no effect yet, are named in a warning.

- **Durations** are a number and a unit, \`30s\`, \`5m\`, \`2h\`, \`7d\`, \`1w\`, \`1y\`, or milliseconds.
- **Sizes** are a number and a unit, \`512K\`, \`50M\`, \`1G\`, or bytes.
- **Relative paths** start at the folder of the configuration file.
- Several files may be given (\`-c a.yaml -c b.yaml\`): a key in a later one replaces the whole key of an earlier one.
- \`RANVIER_CONFIG\`, \`RANVIER_DATA_DIR\`, \`RANVIER_PORT\` and \`RANVIER_SERVER_NAME\` in the environment stand in for the
  options \`-c\`, \`--data-dir\`, \`--port\` and \`--server-name\`.

The **data directory** (\`--data-dir\`, by default the folder of the configuration file, or \`./data\` without one) holds
\`homeserver.db\`, \`media_store\`, \`signing.key\`, the server name it belongs to, and a file for every secret that is
not in the configuration. Only the user who runs the server may read it. Keep all of it in backups.

A minimal file for a server behind a reverse proxy:

\`\`\`yaml
server_name: example.com
public_baseurl: https://matrix.example.com/
listeners:
  - port: 8008
    bind_addresses: ['127.0.0.1']
    x_forwarded: true
    resources: [{ names: [client, federation] }]
database:
  name: psycopg2
  args: { host: localhost, database: ranvier, user: ranvier, password: secret }
\`\`\`
`

function rowsOf(key: string, node: Node): string[] {
  const inner = node.properties ?? node.items?.properties
  const isList = node.properties === undefined && node.items !== undefined
  const own = `| \`${key}\` | ${kindOf(node)} | ${defaultOf(node)} | ${cell(node.description ?? '')}${exampleOf(node)} |`
  if (inner === undefined) return [own]
  const prefix = isList ? `${key}[].` : `${key}.`
  return [own, ...Object.entries(inner).flatMap(([name, member]) => rowsOf(prefix + name, member))]
}

function kindOf(node: Node): string {
  if (node.unit !== undefined) return node.unit
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  switch (node.type) {
    case 'boolean':
      return '`true`, `false`'
    case 'string':
      return 'text'
    case 'integer':
      return 'whole number'
    case 'array':
      return 'list'
    case 'object':
      return 'settings'
    default:
      return Array.isArray(node.type) ? node.type.join(' or ') : 'number'
  }
}

function defaultOf(node: Node): string {
  const isGroup = node.properties !== undefined
  if (node.default === undefined || isGroup) return ''
  return `\`${typeof node.default === 'string' ? node.default || "''" : JSON.stringify(node.default)}\``
}

function exampleOf(node: Node): string {
  const example = node.examples?.[0]
  return example === undefined ? '' : ` Example: \`${cell(String(example))}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
