import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'

/** Only the members of `event` that the paths name. */
export function pickFields(event: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const result: JsonObject = {}
  for (const path of paths) copyPath(event, result, path)
  return result
}

/** Nothing if the path leads nowhere: no empty objects on the way there. */
function copyPath(from: JsonObject, to: JsonObject, path: readonly string[]): void {
  if (!leadsSomewhere(from, path)) return
  let source: JsonObject = from
  let target: JsonObject = to
  for (const [i, key] of path.entries()) {
    const value = source[key]
    if (i === path.length - 1) {
      define(target, key, value)
      return
    }
    if (!isJsonObject(value)) return
    const known = Object.hasOwn(target, key) ? target[key] : undefined
    // A longer path may come after one that took the whole object: then everything is there already.
    if (known === value) return
    const next = isJsonObject(known) ? known : {}
    if (next !== known) define(target, key, next)
    source = value
    target = next
  }
}

function leadsSomewhere(from: JsonObject, path: readonly string[]): boolean {
  let value: JsonObject[string] | undefined = from
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return false
    value = value[key]
  }
  return true
}

/** As an own property, whatever its name. */
function define(target: JsonObject, key: string, value: JsonObject[string]): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
