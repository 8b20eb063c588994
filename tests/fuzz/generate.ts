import { type Operation, type Parameter, resolve, type Schema } from './document.ts'
import { HOSTILE_BODIES, HOSTILE_QUERY, HOSTILE_SEGMENTS, HOSTILE_VALUES, toJson } from './hostile.ts'
import type { Random } from './random.ts'
import type { Caller, Things, World } from './world.ts'

/** A request as it goes over the wire. */
export interface FuzzRequest {
  method: string
  path: string
  /** Names and values in turns, so that one may come twice. */
  headers: readonly string[]
  body: string | Buffer | undefined
  caller: Caller
}

/** Where document and world have different names for the same. */
const KIN: Record<string, string> = {
  user_id: 'userId',
  room_id: 'roomId',
  event_id: 'eventId',
  device_id: 'deviceId',
  devices: 'deviceId',
  rooms: 'roomId',
  external_id: 'externalId',
  auth_provider: 'provider',
  term: 'username',
  name: 'username',
  new_room_user_id: 'userId',
  room_id_or_alias: 'roomId',
  roomIdOrAlias: 'roomId',
}
const ADMINISTRATOR_SHARE = 0.8
const SOUND_SHARE = 0.4
const OVERSIZE_SHARE = 0.002
const OVERSIZE_BYTES = 2_500_000

/** A request for the operation: sound, or broken in one place or several. The same one for the same `random`. */
export function generate(operation: Operation, world: World, random: Random): FuzzRequest {
  const { things } = world
  const isSound = random.chance(SOUND_SHARE)
  const breaks = () => !isSound && random.chance(0.35)
  const caller = random.chance(ADMINISTRATOR_SHARE)
    ? world.callers[random.chance(0.9) ? 0 : 1]!
    : random.pick(world.callers)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    breaks() ? random.pick(HOSTILE_SEGMENTS) : encodeURIComponent(thingOrWord(name, things, random)),
  )
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) => queryOf(parameter, { things, random, broken: breaks() }))
  if (breaks())
    query.push(random.pick(['__proto__=1', 'toString=1', 'x', '=', '&', '%00=1', 'x[]=1', '%FF=%FF']))
  if (caller.query !== '') query.splice(random.integer(0, query.length), 0, caller.query)
  const body = bodyOf(operation, world, { random, broken: !isSound && random.chance(0.7) })
  const type = random.chance(0.9) ? ['content-type', 'application/json'] : []
  return {
    method: operation.method,
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers: [...caller.headers, ...(body === undefined ? [] : type)],
    body,
    caller,
  }
}

function thingOrWord(name: string, things: Things, random: Random): string {
  const known = things[KIN[name] ?? name]
  return known === undefined ? random.pick(['a', 'word', '0', 'm.text', 'two words']) : random.pick(known)
}

function queryOf(
  { name, required = false, schema }: Parameter,
  { things, random, broken }: { things: Things; random: Random; broken: boolean },
): string[] {
  if (!random.chance(required ? 0.95 : 0.3)) return []
  const pair = () => {
    const value = broken
      ? random.pick(HOSTILE_QUERY)
      : encodeURIComponent(String(soundValue(schema, name, { things, random })))
    return `${name}=${value}`
  }
  if (broken && random.chance(0.1)) return [name]
  return random.chance(0.1) ? [pair(), pair()] : [pair()]
}

function bodyOf(
  operation: Operation,
  world: World,
  { random, broken }: { random: Random; broken: boolean },
): string | Buffer | undefined {
  // Where none is read, one must do no harm.
  if (operation.body === undefined)
    return operation.method !== 'GET' && random.chance(0.3) ? random.pick(HOSTILE_BODIES) : undefined
  if (broken && random.chance(0.2)) return random.pick(HOSTILE_BODIES)
  const body = soundValue(operation.body, '', { things: world.things, random }) as Record<string, unknown>
  const signs = operation.id === 'registerWithSecret' && random.chance(0.8)
  if (signs) world.sign(body)
  if (broken) for (let n = random.integer(1, 2); n > 0; n--) breakBody(body, random)
  if (signs && random.chance(0.5) && typeof body['username'] === 'string') world.sign(body)
  if (random.chance(OVERSIZE_SHARE)) body['padding'] = 'x'.repeat(OVERSIZE_BYTES)
  return toJson(body)
}

/** A copy: the next break may change it. */
const hostileValue = (random: Random): unknown => structuredClone(random.pick(HOSTILE_VALUES))

/** Removes or replaces one member somewhere in the body, or adds one. */
function breakBody(body: Record<string, unknown>, random: Random): void {
  let at = body
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0 || random.chance(0.05)) {
      Object.defineProperty(at, random.pick(['__proto__', 'x', '\0', 'constructor']), {
        value: hostileValue(random),
        enumerable: true,
        configurable: true,
        writable: true,
      })
      return
    }
    const key = random.pick(keys)
    const inner = at[key]
    if (typeof inner === 'object' && inner !== null && random.chance(0.6)) {
      at = inner as Record<string, unknown>
      continue
    }
    if (random.chance(0.2)) delete at[key]
    else at[key] = hostileValue(random)
    return
  }
}

/** A value that fits the schema; names that mean something stand for things that exist. */
function soundValue(schemaOrRef: Schema, name: string, given: { things: Things; random: Random }): unknown {
  const { random } = given
  const schema = resolve(schemaOrRef)
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return soundValue(random.pick(alternatives), name, given)
  if (schema.enum !== undefined) return random.pick(schema.enum)
  if ('const' in schema) return schema.const
  switch (random.pick([schema.type ?? 'integer'].flat())) {
    case 'null':
      return null
    case 'boolean':
      return random.chance(0.5)
    case 'integer':
    case 'number':
      return soundNumber(schema, random)
    case 'array':
      return Array.from({ length: random.integer(schema.minItems ?? 0, 3) }, () =>
        soundValue(schema.items ?? {}, name, given),
      )
    case 'object':
      return soundObject(schema, given)
    default:
      return thingOrWord(name, given.things, random).slice(0, schema.maxLength)
  }
}

function soundNumber({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema, random: Random): number {
  const candidates = [minimum, minimum + 1, 5, 16, 100, 1_000, 1_700_000_000_000, 4_000_000_000_000, maximum]
  return random.pick(candidates.filter((number) => number >= minimum && number <= maximum))
}

function soundObject(schema: Schema, given: { things: Things; random: Random }): Record<string, unknown> {
  const all = Object.keys(schema.properties ?? {})
  const names = all.filter((name) => schema.required?.includes(name) || given.random.chance(0.4))
  if (names.length < (schema.minProperties ?? 0)) names.push(...all.slice(0, schema.minProperties))
  return Object.fromEntries(names.map((name) => [name, soundValue(schema.properties![name]!, name, given)]))
}
