/**
 * `node tests/hard/snapshots.ts BEFORE AFTER [NAME]`: of what there is more in the second heap snapshot, by kind of object.
 * With NAME, who holds the new objects of this kind: the ways to them, the most frequent first.
 */
import { readFileSync } from 'node:fs'

const MB = 2 ** 20
const SHOWN = 45
const WAY_LENGTH = 7

interface Snapshot {
  snapshot: {
    meta: { node_fields: string[]; node_types: [string[]]; edge_fields: string[]; edge_types: [string[]] }
  }
  nodes: number[]
  edges: number[]
  strings: string[]
}

interface Heap {
  names: string[]
  ids: number[]
  sizes: number[]
  firstEdges: number[]
  edgeName(edge: number): string
  edgeTarget(edge: number): number
  edgeIsWeak(edge: number): boolean
}

function read(file: string): Heap {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot
  const {
    node_fields: nodeFields,
    node_types: nodeTypes,
    edge_fields: edgeFields,
    edge_types: edgeTypes,
  } = snapshot.meta
  const width = nodeFields.length
  const edgeWidth = edgeFields.length
  const field = (name: string) => nodeFields.indexOf(name)
  const heap: Heap = {
    names: [],
    ids: [],
    sizes: [],
    firstEdges: [],
    edgeName: (edge) => {
      const name = edges[edge * edgeWidth + edgeFields.indexOf('name_or_index')]!
      const type = edgeTypes[0][edges[edge * edgeWidth]!]!
      return type === 'element' || type === 'hidden' ? '[]' : `.${strings[name]}`
    },
    edgeTarget: (edge) => edges[edge * edgeWidth + edgeFields.indexOf('to_node')]! / width,
    edgeIsWeak: (edge) => edgeTypes[0][edges[edge * edgeWidth]!] === 'weak',
  }
  let edge = 0
  for (let at = 0; at < nodes.length; at += width) {
    const type = nodeTypes[0][nodes[at + field('type')]!]!
    const name = strings[nodes[at + field('name')]!]!
    const plain = type === 'object' || type === 'closure' || type === 'native' || type === 'hidden'
    heap.names.push(plain ? `${type} ${name.slice(0, 60)}` : `(${type})`)
    heap.ids.push(nodes[at + field('id')]!)
    heap.sizes.push(nodes[at + field('self_size')]!)
    heap.firstEdges.push(edge)
    edge += nodes[at + field('edge_count')]!
  }
  heap.firstEdges.push(edge)
  return heap
}

function byName(heap: Heap): Map<string, { count: number; bytes: number }> {
  const sums = new Map<string, { count: number; bytes: number }>()
  heap.names.forEach((name, i) => {
    const sum = sums.get(name) ?? { count: 0, bytes: 0 }
    sum.count++
    sum.bytes += heap.sizes[i]!
    sums.set(name, sum)
  })
  return sums
}

function compare(before: Heap, after: Heap): void {
  const old = byName(before)
  const rows = [...byName(after)].map(([name, { count, bytes }]) => ({
    name,
    count: count - (old.get(name)?.count ?? 0),
    bytes: bytes - (old.get(name)?.bytes ?? 0),
    all: bytes,
  }))
  rows.sort((a, b) => b.bytes - a.bytes)
  for (const { name, count, bytes, all } of rows.slice(0, SHOWN))
    console.log(
      `${(bytes / MB).toFixed(2).padStart(8)} MB more of ${(all / MB).toFixed(2).padStart(7)}, ${String(count).padStart(8)} objects  ${name}`,
    )
}

/** The shortest way from the roots to each node: its parent and the edge to it. */
function parentsOf(heap: Heap): { parents: Int32Array; edges: Int32Array } {
  const parents = new Int32Array(heap.names.length).fill(-1)
  const edges = new Int32Array(heap.names.length).fill(-1)
  parents[0] = 0
  let row = [0]
  while (row.length > 0) {
    const next: number[] = []
    for (const node of row)
      for (let edge = heap.firstEdges[node]!; edge < heap.firstEdges[node + 1]!; edge++) {
        const target = heap.edgeTarget(edge)
        if (parents[target] !== -1 || heap.edgeIsWeak(edge)) continue
        parents[target] = node
        edges[target] = edge
        next.push(target)
      }
    row = next
  }
  return { parents, edges }
}

function holders(before: Heap, after: Heap, name: string): void {
  const old = new Set(before.ids)
  const { parents, edges } = parentsOf(after)
  const ways = new Map<string, { count: number; bytes: number }>()
  after.names.forEach((own, i) => {
    if (own !== name || old.has(after.ids[i]!)) return
    const way: string[] = []
    for (let at = i; at !== 0 && parents[at] !== -1 && way.length < WAY_LENGTH; at = parents[at]!)
      way.unshift(`${after.names[parents[at]!]}${after.edgeName(edges[at]!).slice(0, 40)}`)
    const sum = ways.get(way.join(' > ')) ?? { count: 0, bytes: 0 }
    sum.count++
    sum.bytes += after.sizes[i]!
    ways.set(way.join(' > '), sum)
  })
  for (const [way, { count, bytes }] of [...ways]
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, SHOWN / 3))
    console.log(`${(bytes / MB).toFixed(2)} MB, ${count} objects: ${way}`)
}

const [beforeFile, afterFile, name] = process.argv.slice(2)
if (beforeFile === undefined || afterFile === undefined) {
  console.log('Usage: node tests/hard/snapshots.ts BEFORE AFTER [NAME]')
  process.exitCode = 2
} else {
  const [before, after] = [read(beforeFile), read(afterFile)]
  if (name === undefined) compare(before, after)
  else holders(before, after, name)
}
