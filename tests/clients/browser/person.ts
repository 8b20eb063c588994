import { join } from 'node:path'
import type { Browser, Page, PageResponse } from './browser.ts'

const STEP_TIMEOUT_MS = 30_000
/** The text of an answer that a page does not have any more, as it went elsewhere in the meantime. */
export const UNREAD = '(not read)'
const IDENTIFIER = /\/([!@$#]|%[0-9A-F]{2})[^/]*/g

/** One person at one browser: a context of its own, with nothing of the others'. */
export class Person implements AsyncDisposable {
  readonly name: string
  readonly page: Page
  /**
   * Answers of the server that are no success, such as `404 GET /_matrix/client/v3/room_keys/version M_NOT_FOUND`;
   * identifiers are left out of the path.
   */
  readonly refusals: string[] = []
  /** What the page threw and nobody caught. */
  readonly errors: string[] = []
  /** What the page wrote to the console as an error or a warning. */
  readonly console: string[] = []
  /** Their session is to be ended at another browser: this one learns of it by a refusal. */
  mayLoseSession = false
  readonly #folder: string
  readonly #close: () => Promise<void>

  private constructor(name: string, page: Page, folder: string, close: () => Promise<void>) {
    this.name = name
    this.page = page
    this.#folder = folder
    this.#close = close
    page.setDefaultTimeout(STEP_TIMEOUT_MS)
    page.on('pageerror', (error) => this.errors.push(String(error.stack ?? error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.console.push(message.text())
    })
    page.on('response', (response) => void this.#note(response))
  }

  /** Screenshots go to `folder`. */
  static async open(browser: Browser, name: string, folder: string): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    return new Person(name, await context.newPage(), folder, () => context.close())
  }

  async #note(response: PageResponse): Promise<void> {
    const { hostname, pathname } = new URL(response.url())
    if (response.status() < 400 || hostname === '127.0.0.1') return // the page itself is not the server's
    const path = pathname.replaceAll(IDENTIFIER, '/…')
    const text = await response.text().catch(() => undefined)
    const errcode = text === undefined ? UNREAD : (/"errcode":"(\w+)"/.exec(text)?.[1] ?? '(no errcode)')
    this.refusals.push(`${response.status()} ${response.request().method()} ${path} ${errcode}`)
  }

  /** A screenshot, when all images of the page are there. */
  async picture(of: string): Promise<void> {
    for (const image of await this.page.locator('img:visible').all())
      await image.evaluate((element: { decode(): Promise<void> }) => element.decode())
    await this.page.screenshot({ path: join(this.#folder, `${of}-${this.name}.png`) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}
