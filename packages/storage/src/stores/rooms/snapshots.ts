import { unpackDelta } from '../../commit/snapshot-codec.ts'
import type { ReadHandle } from '../../db/types.ts'
import type { StateEntry } from './state.ts'

/** One layer of a snapshot. `depth` is how many layers lie below it. */
export interface SnapshotLayer {
  id: number
  parentId: number | null
  depth: number
  delta: Map<number, number>
}

/** The exact state around an event, also where histories forked. */
export class SnapshotReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  async layer(id: number): Promise<SnapshotLayer | undefined> {
    const row = await this.#db.get<{
      id: number
      parent_id: number | null
      depth: number
      delta: Uint8Array
    }>('SELECT id, parent_id, depth, delta FROM state_snapshots WHERE id = ?', id)
    if (row === undefined) return undefined
    const delta = new Map<number, number>()
    unpackDelta(row.delta, delta)
    return { id: row.id, parentId: row.parent_id, depth: row.depth, delta }
  }

  /** The whole state of snapshot `id`; empty for 0. */
  async entries(id: number): Promise<StateEntry[]> {
    const nids = new Map<number, number>()
    for (let next: number | null = id; next !== null && next !== 0; ) {
      const layer: SnapshotLayer | undefined = await this.layer(next)
      if (layer === undefined) throw new Error(`state snapshot ${next} is missing`)
      for (const [key, nid] of layer.delta) if (!nids.has(key)) nids.set(key, nid)
      next = layer.parentId
    }
    if (nids.size === 0) return []
    const keys = await this.#db.all<{ id: number; type: string; state_key: string }>(
      'SELECT id, type, state_key FROM state_keys WHERE id = ANY(?)',
      [...nids.keys()],
    )
    return keys.map((key) => ({ type: key.type, stateKey: key.state_key, nid: nids.get(key.id)! }))
  }
}
