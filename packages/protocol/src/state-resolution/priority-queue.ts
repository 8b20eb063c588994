/** A binary heap: `pop` gives the least item by `compare`. */
export class PriorityQueue<T> {
  private readonly heap: T[] = []
  private readonly compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare
  }

  push(item: T): void {
    const { heap } = this
    let at = heap.length
    heap.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.compare(item, heap[parent]!) >= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = item
  }

  /** The least item, taken out; `undefined` if there is none. */
  pop(): T | undefined {
    const { heap } = this
    const least = heap[0]
    const last = heap.pop()
    if (heap.length > 0) this.sinkFromTop(last!)
    return least
  }

  private sinkFromTop(item: T): void {
    const { heap } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && this.compare(heap[right]!, heap[child]!) < 0) child = right
      if (this.compare(heap[child]!, item) >= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = item
  }
}
