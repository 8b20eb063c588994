import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { isJsonObject } from '@ranvier/protocol/json'
import { DATA_FILES, readText } from '../config/data-dir.ts'
import { mergeFiles } from '../config/load.ts'
import { type Command, CommandError, complain, type Io, say, UsageError } from './io.ts'
import { parseOptions } from './parse.ts'
import { Prompter } from './prompt.ts'

const DEFAULT_URL = 'http://localhost:8008'

export const registerNewMatrixUser: Command = {
  name: 'register_new_matrix_user',
  summary: 'make an account on a running server with its shared secret',
  help: `Makes an account on a running server, whether or not registration is open. What is not given is asked for.

Usage: register_new_matrix_user [options] [SERVER_URL]

  SERVER_URL                 default: the first listener for clients in the configuration, or ${DEFAULT_URL}

  -u, --user NAME            what stands before the colon of the user ID
  -p, --password PASSWORD    its password (it will show in the list of processes)
      --password-file FILE   a file that holds the password
  -a, --admin                make it a server administrator
      --no-admin             do not
  -t, --user_type TYPE       the type of the account, such as bot or support
      --exists-ok            it is no error if the account exists
  -c, --config FILE          a configuration with registration_shared_secret or registration_shared_secret_path;
                             may be given more than once, later files win
  -k, --shared-secret SECRET the secret itself (it will show in the list of processes)
      --shared-secret-path FILE   a file that holds the secret
      --data-dir DIR         the data directory of a server without a configuration file (default: ./data)
  -h, --help                 this text`,

  async run(args, io) {
    const { values, positionals } = parseOptions(args, options, 'register_new_matrix_user', true)
    if (positionals.length > 1)
      throw new UsageError(
        `One server URL at most, not ${positionals.length}. See \`register_new_matrix_user --help\`.`,
      )
    refuseBoth(values, 'password', 'password-file')
    refuseBoth(values, 'admin', 'no-admin')
    const config =
      values.config === undefined ? undefined : mergeFiles(values.config.map((file) => resolve(io.cwd, file)))
    const secret = findSecret(values, config, io)
    const url = serverUrl(positionals[0], config, io)
    const account = await askWhatIsMissing(values, io)
    return await register({ url, secret, account, existsOk: values['exists-ok'] === true, io })
  },
}

const options = {
  user: { type: 'string', short: 'u' },
  password: { type: 'string', short: 'p' },
  'password-file': { type: 'string' },
  admin: { type: 'boolean', short: 'a' },
  'no-admin': { type: 'boolean' },
  user_type: { type: 'string', short: 't' },
  'exists-ok': { type: 'boolean' },
  config: { type: 'string', short: 'c', multiple: true },
  'shared-secret': { type: 'string', short: 'k' },
  'shared-secret-path': { type: 'string' },
  'data-dir': { type: 'string' },
} as const

type Values = ReturnType<typeof parseOptions<typeof options>>['values']

interface Account {
  user: string
  password: string
  isAdmin: boolean
  userType: string | undefined
}

function refuseBoth(values: Values, one: keyof Values, other: keyof Values): void {
  if (values[one] !== undefined && values[other] !== undefined)
    throw new UsageError(`--${one} and --${other} exclude each other. Give one of them.`)
}

function findSecret(values: Values, config: Record<string, unknown> | undefined, io: Io): string {
  const sources = [values.config, values['shared-secret'], values['shared-secret-path'], values['data-dir']]
  if (sources.filter((source) => source !== undefined).length > 1)
    throw new UsageError(
      'The secret comes from one place: give one of --config, --shared-secret, --shared-secret-path and --data-dir.',
    )
  if (values['shared-secret'] !== undefined) return checkSecret(values['shared-secret'], '--shared-secret')
  if (values['shared-secret-path'] !== undefined) return secretFile(values['shared-secret-path'], io)
  if (config !== undefined) return configuredSecret(config, io)
  const path = join(resolve(io.cwd, values['data-dir'] ?? 'data'), DATA_FILES.registrationSharedSecret)
  if (existsSync(path)) return secretFile(path, io)
  throw new CommandError(
    `There is no ${path}. Start the server first, or say where its secret is: -c homeserver.yaml, --data-dir or -k.`,
  )
}

/** Only the two keys are looked at: the file may be one for Synapse that Ranvier would refuse. */
function configuredSecret(config: Record<string, unknown>, io: Io): string {
  const secret = config['registration_shared_secret'] ?? undefined
  const path = config['registration_shared_secret_path'] ?? undefined
  if (secret !== undefined && path !== undefined)
    throw new CommandError(
      'Both registration_shared_secret and registration_shared_secret_path are in the configuration. Remove one of them.',
    )
  if (typeof secret === 'string') return checkSecret(secret, 'registration_shared_secret')
  if (typeof path === 'string') return secretFile(path, io)
  throw new CommandError(
    'Neither registration_shared_secret nor registration_shared_secret_path is in the configuration. Add one of them and restart the server.',
  )
}

function secretFile(path: string, io: Io): string {
  return checkSecret(readText(resolve(io.cwd, path), 'shared secret').trim(), path)
}

function checkSecret(secret: string, source: string): string {
  if (secret === '') throw new CommandError(`The shared secret (${source}) is empty.`)
  return secret
}

function serverUrl(given: string | undefined, config: Record<string, unknown> | undefined, io: Io): string {
  const url = given ?? listenerUrl(config)
  if (url === undefined) {
    complain(io, `No server URL was given and none found in a configuration: trying ${DEFAULT_URL}`)
    return DEFAULT_URL
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError(`"${url}" is not the URL of a server. Give one such as ${DEFAULT_URL}.`)
  return url.replace(/\/+$/, '')
}

/** The first plain HTTP listener for clients. */
function listenerUrl(config: Record<string, unknown> | undefined): string | undefined {
  const listeners = config?.['listeners']
  if (!Array.isArray(listeners)) return undefined
  for (const listener of listeners) {
    if (!isJsonObject(listener) || (listener['type'] ?? 'http') !== 'http' || listener['tls'] === true)
      continue
    const resources = listener['resources']
    const servesClients =
      !Array.isArray(resources) ||
      resources.some(
        (each) => isJsonObject(each) && Array.isArray(each['names']) && each['names'].includes('client'),
      )
    if (servesClients && typeof listener['port'] === 'number') return `http://localhost:${listener['port']}`
  }
  return undefined
}

async function askWhatIsMissing(values: Values, io: Io): Promise<Account> {
  let prompter: Prompter | undefined
  const prompt = () => (prompter ??= new Prompter(io))
  try {
    const user = values.user ?? (await askUser(prompt()))
    if (user === '') throw new CommandError('Invalid user name')
    const password =
      values.password ??
      (values['password-file'] === undefined
        ? await askPassword(prompt())
        : readText(resolve(io.cwd, values['password-file']), 'password').trim())
    if (password === '') throw new CommandError('Password cannot be blank.')
    const isAdmin =
      values.admin === true || (values['no-admin'] !== true && isYes(await prompt().ask('Make admin [no]: ')))
    return { user, password, isAdmin, userType: values.user_type }
  } finally {
    prompter?.[Symbol.dispose]()
  }
}

async function askUser(prompter: Prompter): Promise<string> {
  const own = ownName()
  return (await prompter.ask(`New user localpart${own === '' ? '' : ` [${own}]`}: `)) || own
}

/** A user without an entry in the password database has no name. */
function ownName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

async function askPassword(prompter: Prompter): Promise<string> {
  const password = await prompter.askHidden('Password: ')
  if (password === '') throw new CommandError('Password cannot be blank.')
  if ((await prompter.askHidden('Confirm password: ')) === password) return password
  throw new CommandError('Passwords do not match')
}

function isYes(answer: string): boolean {
  return ['y', 'yes', 'true'].includes(answer.trim().toLowerCase())
}

interface Registration {
  url: string
  secret: string
  account: Account
  existsOk: boolean
  io: Io
}

/** Synapse: admin_api/register_api. The MAC proves that we know the secret; the nonce makes it good for once. */
async function register({ url, secret, account, existsOk, io }: Registration): Promise<number> {
  const endpoint = `${url}/_synapse/admin/v1/register`
  const offered = await ask(endpoint, { method: 'GET' }, url)
  if (offered.status !== 200) return refused(offered, io)
  const nonce = offered.body['nonce']
  if (typeof nonce !== 'string') throw new CommandError(`${url} answered, but not as a Matrix homeserver.`)
  say(io, 'Sending registration request...')
  const answer = await ask(
    endpoint,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        nonce,
        username: account.user,
        password: account.password,
        admin: account.isAdmin,
        ...(account.userType === undefined ? {} : { user_type: account.userType }),
        mac: macOf(nonce, secret, account),
      }),
    },
    url,
  )
  if (answer.status === 200) {
    say(io, 'Success!')
    return 0
  }
  if (existsOk && answer.body['errcode'] === 'M_USER_IN_USE') {
    say(io, 'User already exists. Skipping.')
    return 0
  }
  return refused(answer, io)
}

function macOf(nonce: string, secret: string, account: Account): string {
  const parts = [nonce, account.user, account.password, account.isAdmin ? 'admin' : 'notadmin']
  if (account.userType) parts.push(account.userType)
  return createHmac('sha1', secret).update(parts.join('\0')).digest('hex')
}

interface Answer {
  status: number
  reason: string
  body: Record<string, unknown>
}

async function ask(endpoint: string, init: RequestInit, url: string): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(endpoint, init)
  } catch (cause) {
    throw new CommandError(`${url} cannot be reached. Check that the server runs and that this is its URL.`, {
      cause,
    })
  }
  const body: unknown = await response.json().catch(() => undefined)
  return { status: response.status, reason: response.statusText, body: isJsonObject(body) ? body : {} }
}

function refused(answer: Answer, io: Io): number {
  complain(io, `ERROR! Received ${answer.status} ${answer.reason}`)
  const text = answer.body['error']
  if (answer.status >= 400 && answer.status < 500 && typeof text === 'string') complain(io, text)
  return 1
}
