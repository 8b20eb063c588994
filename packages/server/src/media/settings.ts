import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { Config, MediaConfig } from '../config/config.ts'

/** What media need to know of the configuration. Bytes, pixels and milliseconds. */
export interface MediaSettings extends MediaConfig {
  serverName: ServerName
}

export function mediaSettings(config: Pick<Config, 'serverName' | 'media'>): MediaSettings {
  return { ...config.media, serverName: config.serverName }
}
