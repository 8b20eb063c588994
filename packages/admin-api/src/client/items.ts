/**
 * The values of an answer that comes bit by bit: a JSON value a line, or server-sent events as `{ id, event, data }`.
 * Ends with the answer; whoever stops reading ends the request.
 */
export async function* itemsOf(answer: Response, stream: 'lines' | 'events'): AsyncGenerator<unknown> {
  if (answer.body === null) return
  const separator = stream === 'lines' ? '\n' : '\n\n'
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    const parts = text.split(separator)
    text = parts.pop()! // what has no end yet
    for (const part of parts) {
      const item = stream === 'lines' ? JSON.parse(part) : eventOf(part)
      if (item !== undefined) yield item
    }
  }
}

/** `undefined` for a comment, which is there to keep the connection open. */
function eventOf(block: string): unknown {
  const fields: Record<string, string> = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '')
  }
  const { id, event, data } = fields
  return data === undefined ? undefined : { id, event, data: JSON.parse(data) }
}
