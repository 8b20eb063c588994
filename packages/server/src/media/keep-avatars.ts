import type { LocalMedia, ReadStores } from '@ranvier/storage'
import { mxcOf } from './media-id.ts'

/** Of these files, the ids of those that are a picture of a user or a room: nobody downloads it for long, and it is still wanted. */
export async function avatarsAmong(
  stores: Pick<ReadStores, 'avatars'>,
  serverName: string,
  media: readonly LocalMedia[],
): Promise<Set<string>> {
  const idOf = new Map(media.map(({ mediaId }) => [mxcOf({ serverName, mediaId }), mediaId] as const))
  const used = await stores.avatars.used([...idOf.keys()])
  return new Set(used.map((uri) => idOf.get(uri)!)) // among those asked for
}
