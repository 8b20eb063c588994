import type { ReadHandle } from '../db/types.ts'
import { type SnapshotLayer, SnapshotReader } from '../stores/rooms/snapshots.ts'

/** A layer below this size is copied with the change; a larger one gets a layer on top. */
const COPY_LIMIT = 32
/** Three layers on a base. A full one is merged downwards, into the first layer with room for it. */
const TOP_DEPTH = 3
/** By depth. Each is 32 times the next, so a change rewrites some 16 pairs a layer on average, in a room of any size. */
const MERGE_LIMITS = [Number.POSITIVE_INFINITY, 32_768, 1_024]

/**
 * The snapshots of one room, each a change further than the one before. A layer is read when it is merged and not before:
 * the lowest is as large as the room.
 */
export class SnapshotChain {
  readonly #reader: SnapshotReader
  /** Made here: not in the database yet. */
  readonly #made = new Map<number, SnapshotLayer>()
  #top: SnapshotLayer | undefined

  private constructor(reader: SnapshotReader) {
    this.#reader = reader
  }

  /** From snapshot `id`; 0 is the empty state. */
  static async from(db: ReadHandle, id: number): Promise<SnapshotChain> {
    const chain = new SnapshotChain(new SnapshotReader(db))
    if (id !== 0) chain.#top = await chain.#layer(id)
    return chain
  }

  /** The layer to store as snapshot `id`, in which key `key` is held by event `nid`; at most three lie below it. */
  async change(id: number, key: number, nid: number): Promise<SnapshotLayer> {
    const layer = await this.#next(id)
    layer.delta.set(key, nid)
    this.#made.set(id, layer)
    this.#top = layer
    return layer
  }

  /** A new top layer with the same state. */
  async #next(id: number): Promise<SnapshotLayer> {
    const top = this.#top
    if (top === undefined) return { id, parentId: null, depth: 0, delta: new Map() }
    if (top.delta.size < COPY_LIMIT) return { ...top, id, delta: new Map(top.delta) }
    if (top.depth < TOP_DEPTH) return { id, parentId: top.id, depth: top.depth + 1, delta: new Map() }
    const merged = { ...top, id }
    do {
      const below = await this.#layer(merged.parentId!) // only the base has none, and nothing is too large for it
      merged.parentId = below.parentId
      merged.depth = below.depth
      merged.delta = new Map([...below.delta, ...merged.delta])
    } while (merged.delta.size > MERGE_LIMITS[merged.depth]!)
    return merged
  }

  async #layer(id: number): Promise<SnapshotLayer> {
    const layer = this.#made.get(id) ?? (await this.#reader.layer(id))
    if (layer === undefined) throw new Error(`state snapshot ${id} is missing`)
    return layer
  }
}
