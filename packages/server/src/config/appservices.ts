import { resolve } from 'node:path'
import { schemaErrors } from '@ranvier/admin-api/check-schema'
import { type Static, Type } from '@ranvier/admin-api/schema'
import type { ServerName } from '@ranvier/protocol'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import { isJsonObject } from '@ranvier/protocol/json'
import type { Appservice, Namespace } from '../appservices/appservice.ts'
import { readText } from './data-dir.ts'
import { ConfigError } from './problems.ts'
import { parseYamlFile } from './yaml-file.ts'

const Namespaces = Type.Optional(
  Type.Union([
    Type.Array(Type.Object({ regex: Type.String(), exclusive: Type.Optional(Type.Boolean()) })),
    Type.Null(),
  ]),
)
const Secret = Type.String({ pattern: '^[!-~]+$' }) // what fits into a header
const Registration = Type.Object({
  id: Type.String({ minLength: 1 }),
  url: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  as_token: Secret,
  hs_token: Secret,
  sender_localpart: Type.String({ minLength: 1 }),
  namespaces: Type.Optional(
    Type.Union([Type.Object({ users: Namespaces, aliases: Namespaces, rooms: Namespaces }), Type.Null()]),
  ),
  rate_limited: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  protocols: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
  receive_ephemeral: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  // The same before it came into the specification: MSC2409. Bridges still write it.
  'de.sorunome.msc2409.push_ephemeral': Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  'org.matrix.msc3202': Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
})
type Registration = Static<typeof Registration>

/** Reads registration files. Throws a {@link ConfigError} that names the file and what is wrong in it. */
export function readAppservices(
  files: readonly string[],
  { baseDir, serverName }: { baseDir: string; serverName: ServerName },
): Appservice[] {
  const appservices = files.map((file) => read(resolve(baseDir, file), serverName))
  for (const member of ['id', 'asToken', 'hsToken'] as const) {
    const values = appservices.map((appservice) => appservice[member])
    const twice = values.findIndex((value, i) => values.indexOf(value) !== i)
    if (twice !== -1)
      throw new ConfigError(
        `app_service_config_files: ${files[twice]} has the same ${WRITTEN[member]} as another registration.`,
      )
  }
  return appservices
}

const WRITTEN = { id: 'id', asToken: 'as_token', hsToken: 'hs_token' } as const

function read(path: string, serverName: ServerName): Appservice {
  const value = parseYamlFile(path, readText(path, 'app_service_config_files'))
  if (!isJsonObject(value) || schemaErrors(Registration, value).length > 0)
    throw new ConfigError(`${path}: ${whatIsWrong(value)}`)
  const registration = value as Registration // it has just been checked
  const sender = `@${registration.sender_localpart}:${serverName}`
  if (!isUserId(sender)) throw new ConfigError(`${path}: sender_localpart: ${sender} is not a user id.`)
  const { users, aliases, rooms } = registration.namespaces ?? {}
  return {
    id: registration.id,
    url: readUrl(path, registration.url ?? null),
    asToken: registration.as_token,
    hsToken: registration.hs_token,
    sender,
    users: readNamespaces(path, 'users', users),
    aliases: readNamespaces(path, 'aliases', aliases),
    rooms: readNamespaces(path, 'rooms', rooms),
    // Spec: AS API §Registration has no default; Synapse limits unless told not to.
    rateLimited: registration.rate_limited ?? true,
    protocols: registration.protocols ?? [],
    receivesEphemeral:
      registration.receive_ephemeral ?? registration['de.sorunome.msc2409.push_ephemeral'] ?? false,
    receivesEncryption: registration['org.matrix.msc3202'] ?? false,
  }
}

/** Without the value: it may be a token. */
function whatIsWrong(value: unknown): string {
  const [error] = schemaErrors(Registration, value)
  if (error === undefined) return 'must hold a registration, one setting a line.'
  if (error.keyword === 'required')
    return `${(error.expected as string[]).join(', ')}: missing from the registration.`
  const place = error.instancePath.split('/').slice(1).join('.')
  return place === '' ? 'must hold a registration.' : `${place}: ${error.message}.`
}

function readUrl(path: string, url: string | null): string | null {
  if (url === null || url === '') return null
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new ConfigError(
      `${path}: url: "${url}" is not a URL. Write, for example, \`url: http://localhost:29317\`.`,
    )
  return url.replace(/\/+$/, '')
}

function readNamespaces(
  path: string,
  kind: string,
  namespaces: Static<typeof Namespaces> | undefined,
): Namespace[] {
  return (namespaces ?? []).map(({ regex, exclusive = false }) => {
    try {
      return { pattern: new RegExp(`^(?:${regex})`), exclusive }
    } catch (cause) {
      throw new ConfigError(`${path}: namespaces.${kind}: "${regex}" is not a regular expression.`, { cause })
    }
  })
}
