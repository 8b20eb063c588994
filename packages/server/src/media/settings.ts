import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { Config } from '../config/config.ts'

/** What media need to know of the configuration. Bytes, pixels and milliseconds. */
export interface MediaSettings {
  serverName: ServerName
  enabled: boolean
  /** Absolute. Made when it is not there. */
  storePath: string
  maxUploadBytes: number
  maxImagePixels: number
  maxPendingUploads: number
  unusedExpirationMs: number
  /**
   * Files uploaded while this is on are not given to who shows no token, for as long as it is on.
   * Synapse: `enable_authenticated_media`
   */
  authenticatedMedia: boolean
}

export function mediaSettings(config: Pick<Config, 'serverName' | 'media'>): MediaSettings {
  return { authenticatedMedia: true, ...config.media, serverName: config.serverName }
}
