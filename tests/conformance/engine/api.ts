import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type Answer, type ContainerCall, containerVerbs, labelsMatch } from './container-api.ts'
import type { Containers, NewContainer } from './containers.ts'

const API_VERSION = '1.51'
const HEADERS = { 'api-version': API_VERSION, ostype: 'linux' }

interface Call {
  method: string
  /** Without the version of the API. */
  path: string
  query: URLSearchParams
  body: Buffer
}

type Handler = (call: Call, match: RegExpExecArray) => Answer | Promise<Answer>

/** Serves the calls Complement makes on a socket. Any other is 501, and printed. */
export function serveApi(containers: Containers, socket: string): Promise<void> {
  const routes = routesOf(containers)
  const server = createServer((request, response) => {
    void answer(routes, request, response)
  })
  server.keepAliveTimeout = 0
  rmSync(socket, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://engine')
  const method = request.method ?? 'GET'
  const path = url.pathname.replace(/^\/v1\.\d+/, '')
  try {
    const call = { method, path, query: url.searchParams, body: await buffer(request) }
    send(response, method, await dispatch(routes, call))
  } catch (error) {
    console.error('[engine]', method, path, error)
    send(response, method, { status: 500, body: { message: String(error) } })
  }
}

function send(response: ServerResponse, method: string, { status, body, type }: Answer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type ?? 'application/json' })
  if (body === undefined || method === 'HEAD') response.end()
  else response.end(Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body))
}

async function dispatch(routes: Routes, call: Call): Promise<Answer> {
  for (const [methods, pattern, handler] of routes) {
    const match = methods.includes(call.method) ? pattern.exec(call.path) : null
    if (match !== null) return handler(call, match)
  }
  console.error('[engine] not served:', call.method, call.path)
  return { status: 501, body: { message: `not served: ${call.method} ${call.path}` } }
}

type Routes = readonly (readonly [methods: string, pattern: RegExp, handler: Handler])[]

function routesOf(containers: Containers): Routes {
  const parse = ({ body }: Call) => JSON.parse(body.toString()) as Record<string, unknown>
  const verbs = containerVerbs(containers)
  return [
    ['GET HEAD', /^\/_ping$/, () => ({ status: 200, body: 'OK', type: 'text/plain' })],
    [
      'GET',
      /^\/version$/,
      () =>
        ok({ Version: '28.0.0', ApiVersion: API_VERSION, MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }),
    ],
    ['GET', /^\/info$/, () => ok({ ID: 'engine', OSType: 'linux', ServerVersion: '28.0.0' })],
    ['GET', /^\/images\/json$/, ({ query }) => ok(listImages(containers, query))],
    ['DELETE', /^\/images\/(.+)$/, (_, match) => removeImage(containers, decodeURIComponent(match[1]!))],
    ['GET', /^\/networks$/, ({ query }) => ok(listNetworks(containers, query))],
    [
      'POST',
      /^\/networks\/create$/,
      (call) => {
        const { Name, Labels } = parse(call) as { Name: string; Labels?: Record<string, string> }
        return { status: 201, body: { Id: containers.addNetwork(Name, Labels ?? {}).id, Warning: '' } }
      },
    ],
    ['DELETE', /^\/networks\/([^/]+)$/, (_, match) => removeNetwork(containers, match[1]!)],
    ['GET', /^\/containers\/json$/, ({ query }) => ok(verbs.list(query))],
    [
      'POST',
      /^\/containers\/create$/,
      (call) => create(containers, call.query.get('name'), parse(call) as unknown as NewContainer),
    ],
    ['POST', /^\/commit$/, ({ query }) => commit(containers, query)],
    [
      'GET POST PUT DELETE',
      /^\/containers\/([^/]+)(?:\/(\w+))?$/,
      ({ method, query, body }, match) => {
        const container = containers.find(match[1]!)
        if (container === undefined) return none('container')
        const call: ContainerCall = { query, body }
        const verb = verbs.find(`${method} ${match[2] ?? ''}`.trim())
        return (
          verb?.(container, call) ?? { status: 501, body: { message: `not served: ${method} ${match[0]}` } }
        )
      },
    ],
  ]
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const none = (what: string): Answer => ({ status: 404, body: { message: `No such ${what}` } })

function create(containers: Containers, name: string | null, wanted: NewContainer): Answer {
  const called = name ?? `c${containers.all.size}`
  if (containers.find(called) !== undefined) return { status: 409, body: { message: `${called} is in use` } }
  const container = containers.create(called, wanted)
  return container === undefined
    ? none('image')
    : { status: 201, body: { Id: container.parts.id, Warnings: [] } }
}

function commit(containers: Containers, query: URLSearchParams): Answer {
  const container = containers.find(query.get('container') ?? '')
  if (container === undefined) return none('container')
  const name = [query.get('repo'), query.get('tag')].filter(Boolean).join(':')
  const { id } = containers.commit(container, { name, changes: query.getAll('changes') })
  return { status: 201, body: { Id: `sha256:${id}` } }
}

function listImages(containers: Containers, query: URLSearchParams): object[] {
  return [...containers.images.values()]
    .filter(({ labels }) => labelsMatch(labels, query))
    .map(({ id, name, labels, createdMs }) => ({
      Id: `sha256:${id}`,
      RepoTags: [name],
      Labels: labels,
      Created: Math.floor(createdMs / 1000),
      Size: 0,
    }))
}

function removeImage(containers: Containers, reference: string): Answer {
  const image = containers.findImage(reference)
  if (image === undefined) return none('image')
  containers.removeImage(image)
  return ok([{ Deleted: `sha256:${image.id}` }])
}

function listNetworks(containers: Containers, query: URLSearchParams): object[] {
  return [...containers.networks.values()]
    .filter(({ labels }) => labelsMatch(labels, query))
    .map(({ id, name, labels }) => ({ Id: id, Name: name, Labels: labels, Driver: 'bridge' }))
}

function removeNetwork(containers: Containers, reference: string): Answer {
  const network = containers.findNetwork(reference)
  if (network === undefined) return none('network')
  const isUsed = [...containers.all.values()].some(
    ({ isRunning, parts }) => isRunning && parts.network === network.name,
  )
  if (isUsed) return { status: 403, body: { message: 'network has active endpoints' } }
  containers.networks.delete(network.id)
  return { status: 204, body: undefined }
}
