import { createRequire } from 'node:module'
import { join } from 'node:path'

/** What is used here of playwright-core's element locators. It is not a dependency. */
export interface Locator {
  click(options?: { force?: boolean }): Promise<void>
  fill(text: string): Promise<void>
  hover(): Promise<void>
  waitFor(options?: {
    state?: 'visible' | 'hidden' | 'attached' | 'detached'
    timeout?: number
  }): Promise<void>
  setInputFiles(file: { name: string; mimeType: string; buffer: Buffer }): Promise<void>
  evaluate<T>(inPage: (element: never) => T): Promise<T>
  textContent(): Promise<string | null>
  inputValue(): Promise<string>
  isVisible(): Promise<boolean>
  count(): Promise<number>
  all(): Promise<Locator[]>
  first(): Locator
  last(): Locator
  or(other: Locator): Locator
  filter(options: { hasText?: string; has?: Locator }): Locator
  locator(selector: string, options?: { hasText?: string }): Locator
  getByRole(role: string, options?: { name?: string | RegExp; exact?: boolean }): Locator
}

export interface Page {
  goto(url: string): Promise<unknown>
  screenshot(options: { path: string }): Promise<unknown>
  locator(selector: string, options?: { hasText?: string }): Locator
  getByRole(role: string, options?: { name?: string | RegExp; exact?: boolean }): Locator
  getByTestId(id: string): Locator
  getByText(text: string): Locator
  readonly keyboard: { type(text: string): Promise<void>; press(key: string): Promise<void> }
  setDefaultTimeout(timeoutMs: number): void
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void
  on(event: 'pageerror', listener: (error: Error) => void): void
  on(event: 'response', listener: (response: PageResponse) => void): void
}

export interface PageResponse {
  status(): number
  url(): string
  request(): { method(): string }
  text(): Promise<string>
}

export interface Browser {
  newContext(options: object): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>
  version(): string
  close(): Promise<void>
}

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/**
 * Starts a headless Chromium with the playwright-core of `folder`, in which `host` is the server at `address`
 * (`127.0.0.1:…`), so that the server can have a public address that is none of this machine.
 */
export function launchChromium(folder: string, host: string, address: string): Promise<Browser> {
  const { chromium } = createRequire(join(folder, 'package.json'))('playwright-core') as {
    chromium: { launch(options: object): Promise<Browser> }
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${host}:80 ${address}`,
    ],
  })
}
