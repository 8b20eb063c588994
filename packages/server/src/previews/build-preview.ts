import { isJsonObject } from '@ranvier/protocol/json'
import { parseJson } from '@ranvier/protocol/parse-json'
import type { PageFacts } from './read-html.ts'
import { tidy } from './tidy.ts'

/** Members as they are told: https://ogp.me, and `matrix:image:size`. */
export type Preview = Record<string, string | number>

/** A preview, and where its picture may be, the likeliest place first. */
export interface Draft {
  preview: Preview
  images: string[]
}

/** What twitter's cards call it, for pages that have those alone. */
const TWITTER: readonly (readonly [string, string])[] = [
  ['twitter:title', 'og:title'],
  ['twitter:description', 'og:description'],
  ['twitter:image', 'og:image'],
  ['twitter:image:src', 'og:image'],
  ['twitter:site', 'og:site_name'],
]

/** From what a page says of itself, or else from what is on it. */
export function draftOf(page: PageFacts): Draft {
  const preview: Preview = {}
  for (const [name, value] of page.properties) if (!name.startsWith('twitter:')) preview[name] ??= value
  const twitter = new Map(page.properties)
  for (const [from, to] of TWITTER) {
    const value = twitter.get(from)
    if (value !== undefined) preview[to] ??= value
  }
  const title = page.title ?? page.heading
  if (title !== undefined) preview['og:title'] ??= title
  const description = page.description ?? tidyText(page.text)
  if (description !== undefined) preview['og:description'] ??= description
  const named = ['og:image:secure_url', 'og:image', 'og:image:url'].flatMap((name) => preview[name] ?? [])
  for (const name of Object.keys(preview)) if (name.startsWith('og:image')) delete preview[name]
  return { preview, images: [...named.map(String), ...page.images] }
}

/** Adds what the page's description as JSON says and the page itself did not. https://oembed.com §2.3.4 */
export function addOembed({ preview, images }: Draft, text: string): Draft {
  let json: unknown
  try {
    json = parseJson(text)
  } catch {
    return { preview, images }
  }
  if (!isJsonObject(json)) return { preview, images }
  const say = (name: string, value: unknown) => {
    const plain = typeof value === 'string' ? tidy(value) : undefined
    if (plain !== undefined) preview[name] ??= plain
  }
  say('og:title', json['title'])
  say('og:site_name', json['provider_name'])
  say('og:article:author', json['author_name'])
  const picture = json['type'] === 'photo' ? json['url'] : json['thumbnail_url']
  return { preview, images: typeof picture === 'string' ? [...images, picture] : images }
}

const tidyText = (text: string): string | undefined => (text === '' ? undefined : text)
