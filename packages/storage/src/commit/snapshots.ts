import type { WriteHandle } from '../db/types.ts'
import { type SnapshotLayer, SnapshotReader } from '../stores/snapshots.ts'

/** A layer below this size is copied with the change; a larger one gets a layer on top. */
const COPY_LIMIT = 32
/** Three layers on a base. A full one is merged downwards, into the first layer with room for it. */
const TOP_DEPTH = 3
/** By depth. Each is 32 times the next, so a change rewrites some 16 pairs a layer on average, in a room of any size. */
const MERGE_LIMITS = [Number.POSITIVE_INFINITY, 32_768, 1_024]

/** The layers below a snapshot, lowest first, and the snapshot itself last. */
export type Layers = SnapshotLayer[]

/** The layers of snapshot `id`; none for 0, the empty state. */
export async function loadLayers(db: WriteHandle, id: number): Promise<Layers> {
  const reader = new SnapshotReader(db)
  const layers: Layers = []
  for (let next: number | null = id; next !== null && next !== 0; ) {
    const layer: SnapshotLayer | undefined = await reader.layer(next)
    if (layer === undefined) throw new Error(`state snapshot ${next} is missing`)
    layers.unshift(layer)
    next = layer.parentId
  }
  return layers
}

/**
 * The layers of the state in which key `key` is held by event `nid`. The last layer is new, has the number `id` and is
 * all that must be stored; at most three layers lie below it.
 */
export function withChange(layers: Layers, id: number, key: number, nid: number): Layers {
  const below = layers.slice()
  const top = below[below.length - 1]
  let depth = 0
  let delta = new Map<number, number>()
  if (top !== undefined && top.delta.size < COPY_LIMIT) {
    below.pop()
    depth = top.depth
    delta = new Map(top.delta)
  } else if (top !== undefined && top.depth < TOP_DEPTH) {
    depth = top.depth + 1
  } else if (top !== undefined) {
    delta = below.pop()!.delta
    do {
      const layer = below.pop()!
      depth = layer.depth
      delta = new Map([...layer.delta, ...delta])
    } while (delta.size > MERGE_LIMITS[depth]!)
  }
  delta.set(key, nid)
  const parentId = below[below.length - 1]?.id ?? null
  return [...below, { id, parentId, depth, delta }]
}
