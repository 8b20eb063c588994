/** Who ought to hear what, and who has: each message once, by everybody in its room, in the order of the room. */
export class Deliveries {
  readonly latencies: number[] = []
  readonly #members = new Map<string, readonly string[]>()
  /** The messages that were answered with an event id, by room. */
  readonly #sent = new Map<string, Set<string>>()
  /** By room and person, in the order they came. */
  readonly #heard = new Map<string, Map<string, Set<string>>>()
  #sentCount = 0
  #heardCount = 0
  #repeated = 0

  addRoom(roomId: string, members: readonly string[]): void {
    this.#members.set(roomId, members)
    this.#sent.set(roomId, new Set())
    this.#heard.set(roomId, new Map(members.map((userId) => [userId, new Set()])))
  }

  sent(roomId: string, eventId: string): void {
    this.#sent.get(roomId)!.add(eventId)
    this.#sentCount++
  }

  /** `latencyMs`: from before it was sent until it was in an answer. */
  heard(roomId: string, userId: string, eventId: string, latencyMs: number): void {
    const heard = this.#heard.get(roomId)!.get(userId)!
    if (heard.has(eventId)) {
      this.#repeated++
      return
    }
    heard.add(eventId)
    this.#heardCount++
    this.latencies.push(latencyMs)
  }

  get sentCount(): number {
    return this.#sentCount
  }
  get heardCount(): number {
    return this.#heardCount
  }
  /** Messages that somebody was told a second time. */
  get repeated(): number {
    return this.#repeated
  }

  /** Pairs of message and member who has not heard it. */
  missing(): number {
    let missing = 0
    for (const [roomId, members] of this.#members)
      for (const userId of members) {
        const heard = this.#heard.get(roomId)!.get(userId)!
        for (const eventId of this.#sent.get(roomId)!) if (!heard.has(eventId)) missing++
      }
    return missing
  }

  /** Pairs of room and member who heard what they heard in another order than the first member. */
  disordered(): number {
    let disordered = 0
    for (const heard of this.#heard.values()) {
      const [first, ...others] = [...heard.values()]
      const places = new Map([...first!].map((eventId, place) => [eventId, place]))
      for (const other of others) {
        const order = [...other].map((eventId) => places.get(eventId)).filter((place) => place !== undefined)
        if (order.some((place, i) => i > 0 && place < order[i - 1]!)) disordered++
      }
    }
    return disordered
  }
}
