import type { Storage } from '@ranvier/storage'
import type { Config } from '../config/config.ts'
import { forbidden } from '../errors.ts'

/** What the configuration lets become an avatar; null: anything. Synapse: max_avatar_size, allowed_avatar_mimetypes */
export interface AvatarRules {
  maxBytes: number | null
  mimetypes: readonly string[] | null
}

export const avatarRules = ({ profiles }: Pick<Config, 'profiles'>): AvatarRules => ({
  maxBytes: profiles.maxAvatarBytes,
  mimetypes: profiles.allowedAvatarMimetypes,
})

export interface AvatarDeps {
  storage: Pick<Storage, 'read'>
  serverName: string
  rules: AvatarRules
}

// An `mxc://` URI with a media id as this server makes them.
const MXC = /^mxc:\/\/([^/]+)\/([A-Za-z0-9_-]+)$/

/**
 * Throws 403 `M_FORBIDDEN` for a picture that may not become an avatar. Where there are rules, a picture that nothing is
 * known of breaks them.
 */
export async function checkAvatar(deps: AvatarDeps, avatarUrl: string): Promise<void> {
  const { maxBytes, mimetypes } = deps.rules
  if (avatarUrl === '' || (maxBytes === null && mimetypes === null)) return
  const [, serverName, mediaId = ''] = MXC.exec(avatarUrl) ?? []
  const media = serverName === deps.serverName ? await deps.storage.read.media.find(mediaId) : undefined
  const isSmallEnough = maxBytes === null || (media?.mediaLength ?? Number.POSITIVE_INFINITY) <= maxBytes
  const isOfType = mimetypes === null || mimetypes.includes(typeOf(media?.mediaType))
  if (!isSmallEnough || !isOfType) throw forbidden('This avatar is not allowed')
}

/** Without parameters, such as a character set. */
const typeOf = (mediaType: string | undefined): string =>
  mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
