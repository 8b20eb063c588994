import { isJsonObject, type Json } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { parseMxc } from './media-id.ts'

const BATCH = 500

/**
 * The `mxc://` URIs that unencrypted events of a room name, newest first, files of this server and of others apart. A file
 * named by several events is there several times. Empty for an unknown room.
 */
export type ListRoomMedia = (roomId: string) => Promise<{ local: string[]; remote: string[] }>

export function listRoomMedia(deps: { storage: Pick<Storage, 'read'>; serverName: string }): ListRoomMedia {
  return async (roomId) => {
    const local: string[] = []
    const remote: string[] = []
    let upTo: number | undefined
    for (;;) {
      const page = { limit: BATCH, dir: 'b', ...(upTo !== undefined && { upTo }) } as const
      const events = await deps.storage.read.rooms.timeline(roomId, page)
      for (const { pdu } of events)
        for (const uri of mediaIn(pdu))
          (parseMxc(uri)?.serverName === deps.serverName ? local : remote).push(uri)
      const last = events.at(-1)
      if (last === undefined || events.length < BATCH) return { local, remote }
      upTo = last.position! - 1 // what is in a timeline has a position
    }
  }
}

/** Synapse: the file itself, and its thumbnail. As stored, so also of a redacted event whose content is still kept. */
export function mediaIn(pdu: string): string[] {
  if (!pdu.includes('"mxc://')) return []
  const content = member(JSON.parse(pdu), 'content')
  const named = [member(content, 'url'), member(member(content, 'info'), 'thumbnail_url')]
  return named.filter((uri) => typeof uri === 'string').filter((uri) => parseMxc(uri) !== undefined)
}

function member(value: Json | undefined, key: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? value[key] : undefined
}
