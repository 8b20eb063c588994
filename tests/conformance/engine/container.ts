import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BaseImage } from './images.ts'
import { BRIDGE, GATEWAY, hardwareAddress, sh } from './network.ts'

export interface ContainerParts {
  id: string
  name: string
  imageRef: string
  /** Name of the base image. */
  base: string
  image: BaseImage
  network: string
  /** What others on the network call it. */
  aliases: readonly string[]
  extraHosts: ReadonlyMap<string, string>
  env: Record<string, string>
  labels: Record<string, string>
  ip: string
  /** Its working directory: what survives a restart and is committed. */
  folder: string
  /** What the engine keeps about it. */
  metaFolder: string
}

const DEFAULT_PORTS = [8008, 8448]
const START_TRIES = 2_000
const START_POLL_MS = 2

// Waits until its network is there. The link comes from outside, so there is no default route: what is off the network
// fails at once instead of timing out.
const INIT = `read -r _
ip link set lo up && ip addr add "$ENGINE_IP/16" dev eth0 && ip link set eth0 up
mount --bind "$ENGINE_META/hosts" /etc/hosts && mount --bind "$ENGINE_META/resolv.conf" /etc/resolv.conf
unset ENGINE_IP ENGINE_META
exec "$@" </dev/null`

/** A process in network and mount namespaces of its own. */
export class Container {
  readonly parts: ContainerParts
  readonly created = new Date().toISOString()
  startedAt: string | undefined
  isRunning = false
  isPaused = false
  exitCode = 0
  /** Resolves when it ends. */
  exited: Promise<void> = Promise.resolve()
  /** The free port of this machine behind which each of its ports is. New after each start. */
  readonly ports = new Map<number, number>()
  readonly #relays: Server[] = []
  readonly #sockets = new Set<Socket>()
  #process: ChildProcess | undefined

  constructor(parts: ContainerParts) {
    this.parts = parts
    const { metaFolder } = parts
    writeFileSync(join(metaFolder, 'resolv.conf'), `nameserver ${GATEWAY}\noptions timeout:1 attempts:1\n`)
    this.writeHosts(new Map())
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get logFile(): string {
    return join(this.parts.metaFolder, 'log')
  }

  /** Tells it the names it may use. The same file all along: it is bind-mounted. */
  writeHosts(names: ReadonlyMap<string, string>): void {
    const lines = ['127.0.0.1 localhost', '::1 localhost']
    for (const [name, ip] of names) lines.push(`${ip} ${name}`)
    writeFileSync(join(this.parts.metaFolder, 'hosts'), `${lines.join('\n')}\n`)
  }

  async start(): Promise<void> {
    if (this.isRunning) return
    const child = this.#spawn()
    this.#process = child
    this.isRunning = true
    this.isPaused = false
    this.startedAt = new Date().toISOString()
    this.exited = new Promise((resolve) =>
      child.on('close', (code) => {
        this.#ended(code ?? 128)
        resolve()
      }),
    )
    await this.#untilApart(child)
    const { id, ip, image } = this.parts
    const link = `v${id.slice(0, 12)}`
    const peer = ['name', 'eth0', 'address', hardwareAddress(ip), 'netns', String(child.pid)]
    sh('ip', 'link', 'add', link, 'type', 'veth', 'peer', ...peer)
    sh('ip', 'link', 'set', link, 'master', BRIDGE, 'up')
    for (const port of image.spec.ports ?? DEFAULT_PORTS) await this.#relay(port)
    child.stdin?.end('go\n')
  }

  /** Asks it to end and makes it after `seconds`. False if it did not run. */
  async stop(seconds: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
    if (!this.isRunning) return false
    if (this.isPaused) this.unpause()
    this.signal(signal)
    const timer = setTimeout(() => this.signal('SIGKILL'), seconds * 1000)
    await this.exited
    clearTimeout(timer)
    this.signal('SIGKILL') // what it left behind
    return true
  }

  pause(): void {
    this.signal('SIGSTOP')
    this.isPaused = true
  }

  unpause(): void {
    this.signal('SIGCONT')
    this.isPaused = false
  }

  /** To it and all it started. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal)
    } catch {
      // They are gone.
    }
  }

  #spawn(): ChildProcess {
    const { image, folder, metaFolder, env, ip, id } = this.parts
    const { cmd, env: imageEnv, passEnv = [] } = image.spec
    const [first, ...rest] = cmd
    const passed = passEnv.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined)
    const output = openSync(this.logFile, 'a')
    const program = first.startsWith('.') ? join(image.folder, first) : first
    const inside = ['--net', '--mount', '--propagation', 'private', '--', 'sh', '-c', INIT, 'init', program]
    const child = spawn('unshare', [...inside, ...rest], {
      cwd: folder,
      detached: true, // a process group of its own
      stdio: ['pipe', output, output],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        LANG: 'C.UTF-8',
        ...Object.fromEntries(passed),
        ...imageEnv,
        ...env,
        COMPLEMENT_ROOT: folder,
        HOSTNAME: id.slice(0, 12),
        ENGINE_IP: ip,
        ENGINE_META: metaFolder,
      },
    })
    closeSync(output)
    child.on('error', (error) => console.error('[engine] cannot start a container:', error.message))
    child.stdin?.on('error', () => {}) // it ended before it was told to go on
    return child
  }

  /** It has its namespace as soon as the link to it is another than ours. */
  async #untilApart(child: ChildProcess): Promise<void> {
    const ours = readlinkSync('/proc/self/ns/net')
    for (let tries = 0; tries < START_TRIES && this.isRunning; tries++) {
      try {
        if (readlinkSync(`/proc/${child.pid}/ns/net`) !== ours) return
      } catch {
        return // it has ended; starting the link says so
      }
      await wait(START_POLL_MS)
    }
    throw new Error('the container did not start')
  }

  #relay(port: number): Promise<void> {
    const { ip } = this.parts
    return new Promise((resolve, reject) => {
      const relay = createServer({ noDelay: true }, (near) => {
        const far = connect({ host: ip, port, noDelay: true })
        const end = () => {
          for (const socket of [near, far]) {
            socket.destroy()
            this.#sockets.delete(socket)
          }
        }
        for (const socket of [near, far]) {
          this.#sockets.add(socket)
          socket.on('error', end).on('close', end)
        }
        near.pipe(far)
        far.pipe(near)
      })
      relay.on('error', reject)
      relay.listen(0, '0.0.0.0', () => {
        this.#relays.push(relay)
        this.ports.set(port, (relay.address() as AddressInfo).port) // not a pipe
        resolve()
      })
    })
  }

  #ended(exitCode: number): void {
    this.isRunning = false
    this.exitCode = exitCode
    for (const relay of this.#relays.splice(0)) relay.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    this.ports.clear()
  }
}
