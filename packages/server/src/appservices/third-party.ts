import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import type { Clock } from '../clock.ts'
import { notFound } from '../errors.ts'
import type { Appservice, Appservices } from './appservice.ts'
import type { AskAppservice } from './call-appservice.ts'

/** Networks change rarely, and clients ask whenever their list of rooms is opened. Synapse: an hour. */
const PROTOCOL_KEPT_MS = 5 * 60_000

/** What application services know of the networks they bridge to. Spec: CS API §Third-party Networks */
export interface ThirdParty {
  protocols(): Promise<JsonObject>
  /** 404 for one nobody bridges to. */
  protocol(name: string): Promise<JsonObject>
  /** Users, or rooms, that fit the fields. 404 when there are none. */
  search(kind: ThirdPartyKind, protocol: string, fields: readonly [string, string][]): Promise<JsonObject[]>
  /** What a user, or an alias, of ours is on other networks. 404 when it is nothing. */
  reverse(kind: ThirdPartyKind, id: string): Promise<JsonObject[]>
}

export type ThirdPartyKind = 'user' | 'location'

/** The member that holds what is of ours. */
const OWN_ID = { user: 'userid', location: 'alias' } as const

export function thirdParty(deps: {
  appservices: Appservices
  ask: AskAppservice
  clock: Clock
  onError: (error: unknown, appserviceId: string) => void
}): ThirdParty {
  const { appservices, clock, onError } = deps
  const bridges = appservices.all.filter(({ protocols }) => protocols.length > 0)
  const kept = new Map<string, { value: JsonObject | undefined; untilMs: number }>()

  async function ask(appservice: Appservice, path: string): Promise<Json | undefined> {
    try {
      return await deps.ask(appservice, `thirdparty/${path}`)
    } catch (error) {
      onError(error, appservice.id) // the others may know
      return undefined
    }
  }

  const bridgesTo = (protocol: string) => bridges.filter(({ protocols }) => protocols.includes(protocol))

  /** One protocol, of all who bridge to it: the networks of each, told apart by who bridges. */
  async function load(name: string): Promise<JsonObject | undefined> {
    const answers = await Promise.all(
      bridgesTo(name).map(async (appservice) => {
        const answer = await ask(appservice, `protocol/${encodeURIComponent(name)}`)
        return { appservice, answer: isJsonObject(answer) ? answer : undefined }
      }),
    )
    const first = answers.find(({ answer }) => answer !== undefined)?.answer
    if (first === undefined) return undefined
    const instances = answers.flatMap(({ appservice, answer }) => instancesOf(appservice, answer))
    return { ...first, instances }
  }

  async function find(name: string): Promise<JsonObject | undefined> {
    const known = kept.get(name)
    if (known !== undefined && known.untilMs > clock.nowMs()) return known.value
    if (bridgesTo(name).length === 0) return undefined
    const value = await load(name)
    kept.set(name, { value, untilMs: clock.nowMs() + (value === undefined ? 0 : PROTOCOL_KEPT_MS) })
    return value
  }

  async function gather(
    kind: ThirdPartyKind,
    of: readonly Appservice[],
    path: string,
  ): Promise<JsonObject[]> {
    const answers = await Promise.all(of.map((appservice) => ask(appservice, path)))
    const found = answers.flatMap((answer) => (Array.isArray(answer) ? answer : []))
    const valid = found.filter((each): each is JsonObject => isJsonObject(each) && isResult(kind, each))
    if (valid.length === 0) throw notFound(kind === 'user' ? 'User' : 'Location')
    return valid
  }

  return {
    async protocols() {
      const names = [...new Set(bridges.flatMap(({ protocols }) => protocols))]
      const known = await Promise.all(names.map(async (name) => [name, await find(name)] as const))
      return Object.fromEntries(known.filter((each): each is [string, JsonObject] => each[1] !== undefined))
    },
    async protocol(name) {
      const found = await find(name)
      if (found === undefined) throw notFound('Protocol')
      return found
    },
    async search(kind, protocol, fields) {
      const of = bridgesTo(protocol)
      if (of.length === 0) throw notFound('Protocol')
      const query = new URLSearchParams([...fields])
      return gather(kind, of, `${kind}/${encodeURIComponent(protocol)}?${query}`)
    },
    reverse: (kind, id) => gather(kind, bridges, `${kind}?${new URLSearchParams({ [OWN_ID[kind]]: id })}`),
  }
}

/** `instance_id` names a network among those of all application services: lists of rooms are asked for by it. */
function instancesOf({ id }: Appservice, answer: JsonObject | undefined): JsonObject[] {
  const instances = answer?.['instances']
  if (!Array.isArray(instances)) return []
  return instances.filter(isJsonObject).map((instance) => {
    const networkId = instance['network_id']
    return typeof networkId === 'string' ? { ...instance, instance_id: `${id}|${networkId}` } : instance
  })
}

function isResult(kind: ThirdPartyKind, each: JsonObject): boolean {
  return (
    typeof each[OWN_ID[kind]] === 'string' &&
    typeof each['protocol'] === 'string' &&
    isJsonObject(each['fields'])
  )
}
