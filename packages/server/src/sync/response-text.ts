/** Answers are put together from JSON texts: an event is serialised once, however many answers it goes into. */

/** A JSON object of members whose values are JSON texts; `undefined` ones are left out. */
export function objectText(members: readonly (readonly [key: string, value: string | undefined])[]): string {
  let text = '{'
  for (const [key, value] of members) {
    if (value === undefined) continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(key)}:${value}`
  }
  return `${text}}`
}

/** Characters of a piece, about. */
const PIECE = 65_536

/** JSON as one text, or as that of a large answer in pieces, which are never put together: others would wait for it. */
export type JsonText = string | readonly string[]

/** Puts pieces of text behind one another. */
export class JsonPieces {
  readonly #done: string[] = []
  #last = ''

  add(text: JsonText): void {
    if (typeof text !== 'string') for (const piece of text) this.add(piece)
    else {
      this.#last += text
      if (this.#last.length < PIECE) return
      this.#done.push(this.#last)
      this.#last = ''
    }
  }

  get text(): JsonText {
    return this.#done.length === 0 ? this.#last : [...this.#done, this.#last]
  }
}

/** As {@link objectText}, in pieces when it is large. */
export function largeObjectText(
  members: readonly (readonly [key: string, value: JsonText | undefined])[],
): JsonText {
  const pieces = new JsonPieces()
  let before = '{'
  for (const [key, value] of members) {
    if (value === undefined) continue
    pieces.add(`${before}${JSON.stringify(key)}:`)
    pieces.add(value)
    before = ','
  }
  pieces.add(before === '{' ? '{}' : '}')
  return pieces.text
}

/** `{"events":[…]}` */
export function eventsText(events: readonly string[]): string {
  return `{"events":[${events.join(',')}]}`
}

/** As {@link eventsText}, `undefined` when there are none. */
export function someEventsText(events: readonly string[]): string | undefined {
  return events.length === 0 ? undefined : eventsText(events)
}

/** An event that has only a type and a content, which is a JSON text. */
export function bareEvent(type: string, content: string): string {
  return `{"content":${content},"type":${JSON.stringify(type)}}`
}
