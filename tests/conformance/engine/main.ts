/**
 * A stand-in for the part of the Docker Engine API that Matrix Complement uses: each "container" is a local process in a
 * network namespace of its own, so that a homeserver can bind 0.0.0.0:8008 and :8448 as it would in a container. Needs
 * root, iproute2 and util-linux. All of it runs in one private network namespace: nothing outside can be reached.
 *
 *     node engine/main.ts --image NAME=DIR [--state DIR] [--keep] [-v] -- COMMAND [ARGS…]
 *
 * DIR holds `image.json` (see `images.ts`). COMMAND finds the engine by `DOCKER_HOST`; its exit code is the engine's.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { serveApi } from './api.ts'
import { Containers } from './containers.ts'
import { readBaseImage } from './images.ts'
import { makeBridge, sh } from './network.ts'

const USAGE = 'usage: node engine/main.ts --image NAME=DIR [--state DIR] [--keep] [-v] -- COMMAND [ARGS...]'
/** Set for the process inside the namespaces: where it keeps its state. */
const INNER = 'CONFORMANCE_ENGINE_STATE'

const argv = process.argv.slice(2)
const cut = argv.indexOf('--')
const { values } = parseArgs({
  args: cut < 0 ? argv : argv.slice(0, cut),
  options: {
    image: { type: 'string', multiple: true, default: [] },
    state: { type: 'string' },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
})
const command = cut < 0 ? [] : argv.slice(cut + 1)
const state = process.env[INNER]
if (command.length === 0) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = state === undefined ? await runOutside() : await runInside(state)

/** Makes the namespaces and waits. The process ids have one too: when the engine dies, so does every container. */
async function runOutside(): Promise<number> {
  const folder = values.state === undefined ? mkdtempSync(join(tmpdir(), 'engine-')) : resolve(values.state)
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const child = spawn(
    'unshare',
    [...namespaces, '--propagation', 'private', '--', process.execPath, import.meta.filename, ...argv],
    { stdio: 'inherit', env: { ...process.env, [INNER]: folder } },
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill('SIGKILL'))
  const code = await exitCodeOf(child)
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
  return code
}

async function runInside(folder: string): Promise<number> {
  delete process.env[INNER]
  mkdirSync(folder, { recursive: true })
  makeBridge()
  const containers = new Containers({
    folder,
    baseImages: new Map(values.image.map(readBaseImage)),
    keep: values.keep,
    log: (...what) => values.verbose && console.error('[engine]', ...what),
  })
  await containers.names.listen()
  const socket = join(folder, 'docker.sock')
  await serveApi(containers, socket)
  tellCommandItsName(folder)
  const child = spawn(command[0]!, command.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
  })
  const code = await exitCodeOf(child)
  await containers.removeAll()
  process.exit(code) // sockets and relays are still open
}

function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((done) => {
    child.on('error', (error) => {
      console.error(`cannot start ${command[0]}: ${error.message}`)
      done(127)
    })
    child.on('close', (code, signal) => done(signal === null ? (code ?? 1) : 128))
  })
}

/** The command calls this namespace by the name containers know it by. */
function tellCommandItsName(folder: string): void {
  const hosts = join(folder, 'hosts')
  copyFileSync('/etc/hosts', hosts)
  appendFileSync(hosts, '\n127.0.0.1 host.docker.internal\n')
  sh('mount', '--bind', hosts, '/etc/hosts')
}
