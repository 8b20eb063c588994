import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { Storage } from '@ranvier/storage'

/** The rooms the user's clients marked as conversations with one person. Spec: CS API §Direct messaging. */
export async function directRooms(storage: Storage, userId: string): Promise<ReadonlySet<string>> {
  const rooms = new Set<string>()
  const text = await storage.read.accountData.find(userId, null, 'm.direct')
  const content = text === undefined ? undefined : parseJson(text)
  if (!isJsonObject(content)) return rooms
  for (const list of Object.values(content))
    if (Array.isArray(list)) for (const roomId of list) if (typeof roomId === 'string') rooms.add(roomId)
  return rooms
}

/** The tags of each of the user's rooms that has any. */
export async function taggedRooms(storage: Storage, userId: string): Promise<Map<string, Set<string>>> {
  const tagged = new Map<string, Set<string>>()
  for (const { roomId, content } of await storage.read.accountData.listOfType(userId, 'm.tag')) {
    const parsed = parseJson(content)
    const tags = isJsonObject(parsed) ? parsed['tags'] : undefined
    if (roomId !== null && isJsonObject(tags)) tagged.set(roomId, new Set(Object.keys(tags)))
  }
  return tagged
}

/** The rooms that the given spaces name as theirs, among spaces the user is in. Spec: CS API §Spaces. */
export async function spaceChildren(storage: Storage, spaces: readonly string[]): Promise<Set<string>> {
  const children = new Set<string>()
  for (const space of spaces)
    for (const { stateKey, pdu } of await storage.read.roomState.entriesOfType(space, 'm.space.child')) {
      const event = parseJson(pdu)
      const content = isJsonObject(event) ? event['content'] : undefined
      // A child without servers to go through has been taken out again.
      if (isJsonObject(content) && Array.isArray(content['via']) && stateKey !== null) children.add(stateKey)
    }
  return children
}
