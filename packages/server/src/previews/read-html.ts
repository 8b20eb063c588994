import { Parser } from 'htmlparser2'
import { MAX_VALUE_LENGTH, tidy } from './tidy.ts'

/** What a page says of itself. */
export interface PageFacts {
  /** `og:` properties and the like, in order; later ones of the same name are among them. */
  readonly properties: readonly (readonly [name: string, value: string])[]
  readonly title: string | undefined
  readonly heading: string | undefined
  readonly description: string | undefined
  /** URLs of pictures, as they stand there, the likeliest first. */
  readonly images: readonly string[]
  /** Its first paragraphs. */
  readonly text: string
  /** Where its description as JSON is. https://oembed.com §4 */
  readonly oembed: string | undefined
}

const MAX_PROPERTIES = 50 // Synapse's, as the next
const MAX_TEXT_LENGTH = 500
const MAX_IMAGES = 10
/** Smaller ones are decoration or count visitors. */
const MIN_IMAGE_SIDE = 11

/** What is in these is not what the page is about. */
const ASIDE = new Set([
  ...['head', 'header', 'nav', 'aside', 'footer', 'script', 'noscript', 'style', 'svg', 'iframe', 'template'],
  ...['canvas', 'picture', 'video', 'audio', 'form', 'button', 'select', 'title'],
])
const HEADINGS = new Set(['h1', 'h2', 'h3'])
const BLOCKS = new Set([
  ...HEADINGS,
  'p',
  'div',
  'br',
  'li',
  'section',
  'article',
  'main',
  'tr',
  'blockquote',
])

/** Reads a page, however broken: what a browser would make sense of. */
export function readHtml(html: string): PageFacts {
  const reader = new PageReader()
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes),
      onclosetag: (name) => reader.close(name),
      ontext: (text) => reader.text(text),
    },
    { decodeEntities: true, lowerCaseTags: true },
  )
  parser.write(html)
  parser.end()
  return reader.facts()
}

class PageReader {
  readonly #properties: [string, string][] = []
  readonly #linked: string[] = []
  readonly #inPage: string[] = []
  #title = ''
  #heading = ''
  #description: string | undefined
  #oembed: string | undefined
  #body = ''
  /** How many elements that are not looked into are open. */
  #aside = 0
  #isTitle = false
  #isHeading = false

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'meta') this.#meta(attributes)
    else if (name === 'link') this.#link(attributes)
    else if (name === 'img') this.#image(attributes)
    if (name === 'title' && this.#title === '') this.#isTitle = true
    if (HEADINGS.has(name) && this.#heading === '') this.#isHeading = true
    if (ASIDE.has(name)) this.#aside++
    if (BLOCKS.has(name)) this.#body += '\n'
  }

  close(name: string): void {
    if (name === 'title') this.#isTitle = false
    if (HEADINGS.has(name)) this.#isHeading = false
    if (ASIDE.has(name)) this.#aside--
    if (BLOCKS.has(name)) this.#body += '\n'
  }

  text(text: string): void {
    if (this.#isTitle) this.#title += text.slice(0, MAX_VALUE_LENGTH)
    if (this.#isHeading && this.#heading.length < MAX_VALUE_LENGTH) this.#heading += text
    // Twice what is shown: white space goes.
    if (this.#aside === 0 && this.#body.length < 4 * MAX_TEXT_LENGTH) this.#body += text
  }

  facts(): PageFacts {
    return {
      properties: this.#properties,
      title: tidy(this.#title),
      heading: tidy(this.#heading),
      description: this.#description,
      images: [...this.#linked, ...this.#inPage].slice(0, MAX_IMAGES),
      text: firstParagraphs(this.#body),
      oembed: this.#oembed,
    }
  }

  #meta({ property, name, itemprop, content }: Record<string, string>): void {
    const value = tidy(content ?? '')
    const key = (property ?? name)?.trim().toLowerCase()
    if (value === undefined) return
    if (itemprop === 'image') this.#linked.push(value)
    else if (key === 'description') this.#description ??= value
    else if (key !== undefined && /^(?:og|twitter|article|profile):/.test(key))
      if (this.#properties.length < MAX_PROPERTIES) this.#properties.push([key, value])
  }

  #link({ rel, type, href }: Record<string, string>): void {
    if (href === undefined) return
    const kinds = rel?.toLowerCase().split(/\s+/) ?? []
    if (kinds.includes('image_src')) this.#linked.push(href)
    if (kinds.includes('alternate') && type?.toLowerCase().startsWith('application/json+oembed'))
      this.#oembed ??= href
  }

  #image({ src, width, height }: Record<string, string>): void {
    const isSmall = [width, height].some(
      (side) => side !== undefined && Number.parseInt(side, 10) < MIN_IMAGE_SIDE,
    )
    if (src !== undefined && !isSmall && this.#aside === 0) this.#inPage.push(src)
  }
}

function firstParagraphs(body: string): string {
  const paragraphs = body.split('\n').flatMap((line) => tidy(line) ?? [])
  let text = ''
  for (const paragraph of paragraphs) {
    if (text.length + paragraph.length > MAX_TEXT_LENGTH && text !== '') break
    text += text === '' ? paragraph : `\n\n${paragraph}`
  }
  if (text.length <= MAX_TEXT_LENGTH) return text
  const cut = text.slice(0, MAX_TEXT_LENGTH)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 1)).toWellFormed()}…`
}
