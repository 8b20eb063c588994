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
