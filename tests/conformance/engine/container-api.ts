import { existsSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import type { Container } from './container.ts'
import type { Containers } from './containers.ts'
import { untar } from './tar.ts'

export interface Answer {
  status: number
  body: unknown
  /** Default: JSON. */
  type?: string
}

export interface ContainerCall {
  query: URLSearchParams
  body: Buffer
}

type Verb = (container: Container, call: ContainerCall) => Answer | Promise<Answer>

const done: Answer = { status: 204, body: undefined }
const DEFAULT_STOP_SECONDS = 10

/** The calls on one container, by method and last part of the path. */
export function containerVerbs(containers: Containers) {
  const stop = (container: Container, { query }: ContainerCall) =>
    container.stop(Number(query.get('t') ?? DEFAULT_STOP_SECONDS))
  const verbs: Record<string, Verb> = {
    'GET json': (container) => ({ status: 200, body: inspect(container) }),
    async 'POST start'(container) {
      if (container.isRunning) return { status: 304, body: undefined }
      await containers.start(container)
      return done
    },
    'POST stop': async (container, call) =>
      (await stop(container, call)) ? done : { status: 304, body: undefined },
    async 'POST restart'(container, call) {
      await stop(container, call)
      await containers.start(container)
      return done
    },
    async 'POST kill'(container, { query }) {
      if (!container.isRunning) return { status: 409, body: { message: 'not running' } }
      const signal = `SIG${(query.get('signal') || 'KILL').replace(/^SIG/, '')}` as NodeJS.Signals // of the caller's
      if (signal === 'SIGKILL') await container.stop(0, signal)
      else container.signal(signal)
      return done
    },
    'POST pause'(container) {
      container.pause()
      return done
    },
    'POST unpause'(container) {
      container.unpause()
      return done
    },
    async 'POST wait'(container) {
      await container.exited
      return { status: 200, body: { StatusCode: container.exitCode } }
    },
    'PUT archive'(container, { query, body }) {
      untar(body, join(container.parts.folder, normalize(`/${query.get('path') ?? '/'}`)))
      return { status: 200, body: undefined }
    },
    'GET logs': (container) => ({
      status: 200,
      body: existsSync(container.logFile) ? frame(readFileSync(container.logFile)) : Buffer.alloc(0),
      type: 'application/vnd.docker.multiplexed-stream',
    }),
    async DELETE(container) {
      await containers.remove(container)
      return done
    },
  }
  return {
    find: (name: string): Verb | undefined => verbs[name],
    list: (query: URLSearchParams): object[] =>
      [...containers.all.values()]
        .filter(({ parts }) => labelsMatch(parts.labels, query))
        .map((container) => ({
          Id: container.parts.id,
          Names: [`/${container.parts.name}`],
          Labels: container.parts.labels,
          Image: container.parts.imageRef,
          State: stateOf(container),
        })),
  }
}

/** Whether all labels of the `filters` are there; each is `key` or `key=value`. */
export function labelsMatch(labels: Record<string, string>, query: URLSearchParams): boolean {
  const filters = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] | Record<string, boolean> }
  const wanted = filters.label ?? []
  return (Array.isArray(wanted) ? wanted : Object.keys(wanted)).every((label) => {
    const [key = '', value] = label.split(/=(.*)/s)
    return value === undefined ? key in labels : labels[key] === value
  })
}

function stateOf({ isRunning, isPaused, startedAt }: Container): string {
  if (isRunning) return isPaused ? 'paused' : 'running'
  return startedAt === undefined ? 'created' : 'exited'
}

const NEVER = '0001-01-01T00:00:00Z'

function inspect(container: Container): object {
  const { id, name, imageRef, labels, env, network, ip, aliases } = container.parts
  return {
    Id: id,
    Name: `/${name}`,
    Created: container.created,
    Image: imageRef,
    State: {
      Status: stateOf(container),
      Running: container.isRunning,
      Paused: container.isPaused,
      ExitCode: container.exitCode,
      Pid: container.pid,
      StartedAt: container.startedAt ?? NEVER,
      FinishedAt: NEVER,
    },
    Config: {
      Image: imageRef,
      Labels: labels,
      Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
      Volumes: null,
    },
    HostConfig: {},
    NetworkSettings: {
      Ports: Object.fromEntries(
        [...container.ports].map(([port, hostPort]) => [
          `${port}/tcp`,
          [{ HostIp: '0.0.0.0', HostPort: String(hostPort) }],
        ]),
      ),
      Networks: { [network]: { IPAddress: ip, Aliases: aliases } },
    },
  }
}

/** As standard output in a stream that has several. */
function frame(text: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header[0] = 1
  header.writeUInt32BE(text.length, 4)
  return Buffer.concat([header, text])
}
