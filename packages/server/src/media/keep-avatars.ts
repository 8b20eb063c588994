import type { Storage } from '@ranvier/storage'
import type { UnusedSince } from './delete.ts'
import { mxcOf } from './media-id.ts'

/** Spares what is a picture of a user or a room: nobody downloads it for long, and it is still wanted. */
export function keepAvatars(deps: {
  storage: Pick<Storage, 'read'>
  serverName: string
}): UnusedSince['keep'] {
  return async (media) => {
    const idOf = new Map(
      media.map(({ mediaId }) => [mxcOf({ serverName: deps.serverName, mediaId }), mediaId] as const),
    )
    const used = await deps.storage.read.avatars.used([...idOf.keys()])
    return new Set(used.map((uri) => idOf.get(uri)!)) // among those asked for
  }
}
