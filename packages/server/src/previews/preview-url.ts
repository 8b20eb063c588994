import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { invalidParam, MatrixError } from '../errors.ts'
import type { DeleteMedia } from '../media/delete.ts'
import type { Media } from '../media/media.ts'
import { WorkLimit } from '../media/work-limit.ts'
import type { OutboundClient, OutboundResponse } from '../outbound/client.ts'
import { OutboundError } from '../outbound/outbound-error.ts'
import type { Requester } from '../requester.ts'
import { addOembed, type Draft, draftOf, type Preview } from './build-preview.ts'
import { decodeText } from './decode-text.ts'
import { keepImage } from './preview-image.ts'
import { fitsUrl, type UrlPattern } from './url-patterns.ts'

export interface PreviewDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  outbound: Pick<OutboundClient, 'request'>
  media: Pick<Media, 'upload' | 'delete'>
  config: PreviewSettings
  onError: (error: unknown) => void
}

export interface PreviewSettings {
  blockedUrls: readonly UrlPattern[]
  maxBytes: number
  maxImagePixels: number
  /** For the header `Accept-Language`. */
  languages: readonly string[]
}

const TIMEOUT_MS = 30_000
const MAX_REDIRECTS = 5
const MAX_URL_LENGTH = 2_048
const MAX_OEMBED_BYTES = 256 * 1024
const LIFETIME_MS = 3_600_000 // Synapse: an hour, unless the page says longer
const MAX_LIFETIME_MS = 24 * 3_600_000
/** After it has ended: clients that show it still ask for its picture. Synapse's. */
const PICTURE_STAYS_MS = 2 * 24 * 3_600_000
const FORGOTTEN_AT_ONCE = 20
const RUNNING = 8
const WAITING = 100

/**
 * What is behind a URL, as JSON text for clients. Pages are asked for by this server, so that they learn nothing of its
 * users; requests for the same page at once are one. Throws 403 for a URL that may not be looked at, 502 when there is
 * nothing to be had.
 */
export class UrlPreviews {
  readonly #deps: PreviewDeps
  readonly #asking = new Map<string, Promise<string>>()
  readonly #limit = new WorkLimit({ running: RUNNING, waiting: WAITING })

  constructor(deps: PreviewDeps) {
    this.#deps = deps
  }

  /** `atTs`, ms since epoch: as it was then, if that is still known. */
  async of(by: Requester, text: string, atTs?: number): Promise<string> {
    const url = this.#checked(text)
    const { urlPreviews } = this.#deps.storage.read
    const nowMs = this.#deps.clock.nowMs()
    for (const ts of atTs === undefined || atTs >= nowMs ? [nowMs] : [atTs, nowMs]) {
      const known = await urlPreviews.find(url.href, ts)
      if (known !== undefined) return known
    }
    let asking = this.#asking.get(url.href)
    if (asking === undefined) {
      asking = this.#limit.run(() => this.#make(by, url)).finally(() => this.#asking.delete(url.href))
      this.#asking.set(url.href, asking)
    }
    return asking
  }

  #checked(text: string): URL {
    if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) throw invalidParam("'url' is not a URL")
    const url = new URL(text)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw invalidParam("'url' is not of the web")
    if (this.#deps.config.blockedUrls.some((pattern) => fitsUrl(pattern, url)))
      throw new MatrixError(403, 'M_UNKNOWN', 'This URL may not be looked at')
    url.hash = ''
    return url
  }

  async #make(by: Requester, url: URL): Promise<string> {
    const page = await this.#get(url.href, this.#deps.config.maxBytes)
    const preview = await this.#previewOf(by, page)
    const text = JSON.stringify(preview)
    const nowMs = this.#deps.clock.nowMs()
    const image = preview['og:image']
    const mediaId = typeof image === 'string' && image.startsWith('mxc://') ? image.split('/').at(-1)! : null
    const expiresTs = nowMs + lifetimeOf(page)
    const old = await this.#deps.storage.write(async (tx) => {
      await tx.urlPreviews.set({ url: url.href, preview: text, mediaId, createdTs: nowMs, expiresTs })
      return tx.urlPreviews.deleteExpired(nowMs - PICTURE_STAYS_MS, FORGOTTEN_AT_ONCE)
    })
    if (old.length > 0) this.#deleteImages(this.#deps.media.delete, old)
    return text
  }

  #deleteImages(deleteMedia: DeleteMedia, mediaIds: readonly string[]): void {
    deleteMedia(mediaIds).catch(this.#deps.onError)
  }

  async #previewOf(by: Requester, page: OutboundResponse): Promise<Preview> {
    const mediaType = typeOf(page)
    if (mediaType.startsWith('image/')) return (await this.#keep(by, page, page.url)) ?? {}
    if (mediaType !== 'text/html' && mediaType !== 'application/xhtml+xml') return {}
    const { readHtml } = await import('./read-html.ts') // the parser is memory that is seldom of use
    const facts = readHtml(decodeText(page.body, String(page.headers['content-type'] ?? '')))
    let draft = draftOf(facts)
    if (facts.oembed !== undefined) draft = await this.#withOembed(draft, facts.oembed, page.url)
    return { ...draft.preview, ...(await this.#firstImage(by, draft.images, page.url)) }
  }

  async #withOembed(draft: Draft, href: string, base: string): Promise<Draft> {
    const answer = await this.#try(href, base, MAX_OEMBED_BYTES)
    return answer === undefined ? draft : addOembed(draft, answer.body.toString('utf8'))
  }

  async #firstImage(by: Requester, images: readonly string[], base: string): Promise<Preview> {
    for (const href of images.slice(0, 3)) {
      const answer = await this.#try(href, base, this.#deps.config.maxBytes)
      const kept =
        answer && typeOf(answer).startsWith('image/') ? await this.#keep(by, answer, base) : undefined
      if (kept !== undefined) return kept
    }
    return {}
  }

  #keep(by: Requester, answer: OutboundResponse, pageUrl: string): Promise<Preview | undefined> {
    const { media, config } = this.#deps
    const deps = { upload: media.upload, maxImagePixels: config.maxImagePixels }
    return keepImage(deps, by, { body: answer.body, mediaType: typeOf(answer), pageUrl })
  }

  /** What a page names; `undefined` if it cannot be had, which only makes the preview poorer. */
  async #try(href: string, base: string, maxBytes: number): Promise<OutboundResponse | undefined> {
    const url = URL.canParse(href, base) ? new URL(href, base) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined
    if (this.#deps.config.blockedUrls.some((pattern) => fitsUrl(pattern, url))) return undefined
    try {
      return await this.#get(url.href, maxBytes)
    } catch (error) {
      if (error instanceof MatrixError) return undefined
      throw error
    }
  }

  async #get(url: string, maxResponseBytes: number): Promise<OutboundResponse> {
    const { outbound, config } = this.#deps
    const headers = { accept: '*/*', 'accept-language': config.languages.join(', ') }
    const request = { method: 'GET', url, headers, timeoutMs: TIMEOUT_MS, maxResponseBytes } as const
    try {
      const answer = await outbound.request({ ...request, maxRedirects: MAX_REDIRECTS, repeatable: true })
      if (answer.status < 300) return answer
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      if (error.reason === 'blocked') throw new MatrixError(403, 'M_UNKNOWN', 'This URL may not be looked at')
    }
    throw new MatrixError(502, 'M_UNKNOWN', 'There is nothing to be had from this URL')
  }
}

function typeOf({ headers }: OutboundResponse): string {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
}

/** An hour, or longer if the page says so, but never more than a day. */
function lifetimeOf({ headers }: OutboundResponse): number {
  const seconds = Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1] ?? 0)
  return Math.min(Math.max(seconds * 1000, LIFETIME_MS), MAX_LIFETIME_MS)
}
