/**
 * A snapshot's own part: which event holds which key. Pairs of (key id, event nid), sorted by key id, both as the
 * difference to the pair before (zigzag varints): some 3–5 bytes a pair.
 */
export function packDelta(delta: ReadonlyMap<number, number>): Uint8Array {
  const keys = [...delta.keys()].sort((a, b) => a - b)
  const bytes: number[] = []
  let lastKey = 0
  let lastNid = 0
  for (const key of keys) {
    const nid = delta.get(key)!
    pushVarint(bytes, key - lastKey)
    pushVarint(bytes, nid >= lastNid ? (nid - lastNid) * 2 : (lastNid - nid) * 2 - 1)
    lastKey = key
    lastNid = nid
  }
  return Uint8Array.from(bytes)
}

/** Adds the pairs of `packed` to `into`, replacing what is there. */
export function unpackDelta(packed: Uint8Array, into: Map<number, number>): void {
  let at = 0
  let key = 0
  let nid = 0
  const next = (): number => {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = packed[at++]
      if (byte === undefined) throw new Error('state snapshot ends within a number')
      value += (byte & 0x7f) * scale // not shifts: numbers exceed 32 bits
      if (byte < 0x80) return value
      scale *= 128
    }
  }
  while (at < packed.length) {
    key += next()
    const zigzag = next()
    nid += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    into.set(key, nid)
  }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 128) + 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}
