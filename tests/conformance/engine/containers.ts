import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Container } from './container.ts'
import { type BaseImage, type CommittedImage, copyTree, labelsOf } from './images.ts'
import { Addresses, GATEWAY, Names } from './network.ts'

export interface Network {
  id: string
  name: string
  labels: Record<string, string>
}

/** What is asked for when a container is made, as far as it matters here. */
export interface NewContainer {
  Image: string
  Env?: string[]
  Labels?: Record<string, string>
  HostConfig?: { ExtraHosts?: string[] }
  NetworkingConfig?: { EndpointsConfig?: Record<string, { Aliases?: string[] } | null> }
}

export interface ContainersOptions {
  folder: string
  baseImages: ReadonlyMap<string, BaseImage>
  /** Folders of containers stay when they are removed. */
  keep: boolean
  log: (...what: unknown[]) => void
}

const newId = () => randomBytes(32).toString('hex')

/** All there is: containers, the images made of them, and networks. */
export class Containers {
  readonly all = new Map<string, Container>()
  readonly images = new Map<string, CommittedImage>()
  readonly networks = new Map<string, Network>()
  readonly names = new Names((ip) => {
    const asker = [...this.all.values()].find(({ parts }) => parts.ip === ip)
    return asker === undefined ? new Map() : this.#namesFor(asker)
  })
  readonly #options: ContainersOptions
  readonly #addresses = new Addresses()

  constructor(options: ContainersOptions) {
    this.#options = options
  }

  find(reference: string): Container | undefined {
    return findBy(this.all, reference, ({ parts }) => parts)
  }

  findImage(reference: string): CommittedImage | undefined {
    return findBy(this.images, reference.replace(/^sha256:/, ''), (image) => image)
  }

  findNetwork(reference: string): Network | undefined {
    return findBy(this.networks, reference, (network) => network)
  }

  addNetwork(name: string, labels: Record<string, string>): Network {
    const network = { id: newId(), name, labels }
    this.networks.set(network.id, network)
    return network
  }

  /** `undefined`: there is no such image. */
  create(name: string, wanted: NewContainer): Container | undefined {
    const committed = this.findImage(wanted.Image)
    const base = committed?.base ?? wanted.Image
    const image = this.#options.baseImages.get(base)
    if (image === undefined) return undefined
    const id = newId()
    const [network = '', endpoint] = Object.entries(wanted.NetworkingConfig?.EndpointsConfig ?? {})[0] ?? []
    const folder = join(this.#options.folder, `c-${id.slice(0, 12)}`)
    const metaFolder = join(this.#options.folder, `m-${id.slice(0, 12)}`)
    for (const path of [folder, metaFolder]) mkdirSync(path)
    if (committed !== undefined) copyTree(committed.folder, folder)
    const container = new Container({
      id,
      name,
      imageRef: wanted.Image,
      base,
      image,
      network,
      aliases: endpoint?.Aliases ?? [],
      extraHosts: extraHostsOf(wanted.HostConfig?.ExtraHosts ?? []),
      env: Object.fromEntries((wanted.Env ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
      labels: { ...committed?.labels, ...wanted.Labels },
      ip: this.#addresses.take(new Set([...this.all.values()].map(({ parts }) => parts.ip))),
      folder,
      metaFolder,
    })
    this.all.set(id, container)
    this.#refreshHosts(network)
    return container
  }

  async start(container: Container): Promise<void> {
    await container.start()
    this.#options.log('start', container.parts.name, container.parts.ip, Object.fromEntries(container.ports))
  }

  async remove(container: Container): Promise<void> {
    await container.stop(0, 'SIGKILL')
    const { id, folder, metaFolder, network } = container.parts
    this.all.delete(id)
    if (!this.#options.keep)
      for (const path of [folder, metaFolder]) rmSync(path, { recursive: true, force: true })
    this.#refreshHosts(network)
  }

  async removeAll(): Promise<void> {
    for (const container of [...this.all.values()]) await this.remove(container)
  }

  /** An image of the container's folder as it is now. */
  commit(
    container: Container,
    { name, changes }: { name: string; changes: readonly string[] },
  ): CommittedImage {
    const id = newId()
    const folder = join(this.#options.folder, `i-${id.slice(0, 12)}`)
    mkdirSync(folder)
    const { base, labels, folder: from } = container.parts
    copyTree(from, folder)
    const image = {
      id,
      name,
      base,
      labels: { ...labels, ...labelsOf(changes) },
      folder,
      createdMs: Date.now(),
    }
    this.images.set(id, image)
    return image
  }

  removeImage({ id, folder }: CommittedImage): void {
    this.images.delete(id)
    rmSync(folder, { recursive: true, force: true })
  }

  #namesFor({ parts: { extraHosts, network } }: Container): Map<string, string> {
    const names = new Map(extraHosts)
    for (const { parts } of this.all.values())
      if (parts.network === network) for (const alias of parts.aliases) names.set(alias, parts.ip)
    return names
  }

  #refreshHosts(network: string): void {
    for (const container of this.all.values())
      if (container.parts.network === network) container.writeHosts(this.#namesFor(container))
  }
}

function extraHostsOf(hosts: readonly string[]): Map<string, string> {
  return new Map(
    hosts.map((host) => {
      const at = host.indexOf(':')
      const ip = host.slice(at + 1)
      return [host.slice(0, at), ip === 'host-gateway' ? GATEWAY : ip]
    }),
  )
}

const SHORTEST_ID = 12

/** By id, name, or a beginning of the id. */
function findBy<T>(
  map: ReadonlyMap<string, T>,
  reference: string,
  namesOf: (item: T) => { id: string; name: string },
): T | undefined {
  const known = map.get(reference)
  if (known !== undefined) return known
  return [...map.values()].find((item) => {
    const { id, name } = namesOf(item)
    return name === reference || (reference.length >= SHORTEST_ID && id.startsWith(reference))
  })
}
