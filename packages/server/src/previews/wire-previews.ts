import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { Media } from '../media/media.ts'
import { OutboundClient } from '../outbound/client.ts'
import { UrlPreviews } from './preview-url.ts'

/** Previews, with a way out of their own: what pages may not be looked at is not what the server may not connect to. */
export function wirePreviews(parts: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  config: Pick<Config, 'previews' | 'media'>
  media: Media
  userAgent: string
  onError: (error: unknown) => void
}): ({ previews: UrlPreviews } & AsyncDisposable) | undefined {
  const { clock, config, userAgent } = parts
  if (config.previews === null || !config.media.enabled) return undefined
  const { addresses, ...settings } = config.previews
  const outbound = new OutboundClient({ clock, addresses, userAgent })
  const { maxImagePixels } = config.media
  return {
    previews: new UrlPreviews({ ...parts, outbound, config: { ...settings, maxImagePixels } }),
    [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose](),
  }
}
