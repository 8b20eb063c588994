import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { interfacePlugins, themePlugins } from './bundler-plugins.ts'

/** matrix-react-sdk is the whole interface of Element Web up to 1.11.8x; newer ones are not published as a package. */
export const ELEMENT = 'matrix-react-sdk 3.114.0'

const PACKAGES = {
  'matrix-react-sdk': '3.114.0',
  '@radix-ui/react-form': '0.1.0',
  '@vector-im/compound-design-tokens': '1.9.1',
  '@vector-im/compound-web': '7.1.0',
  'matrix-web-i18n': '3.6.0',
  buffer: '6.0.3',
  events: '3.3.0',
  esbuild: '0.25.0',
  'playwright-core': '1.65.1',
  postcss: '8.5.33',
  'postcss-easings': '4.0.0',
  'postcss-hexrgba': '2.1.0',
  'postcss-import': '15.1.0',
  'postcss-mixins': '11.0.3',
  'postcss-nested': '9.0.1',
  'postcss-scss': '4.0.9',
  'postcss-simple-vars': '7.0.1',
}

const PAGE = join(import.meta.dirname, 'page')
const FILES = ['.png', '.gif', '.woff', '.woff2', '.ttf', '.wasm']
const OPTIONS = {
  bundle: true,
  target: 'chrome120',
  publicPath: '/',
  logLevel: 'error',
  loader: Object.fromEntries(FILES.map((ending) => [ending, 'file'])),
}

/** Installs in `folder` what the page is made of, unless it is there, and builds it; the folder to serve. */
export async function buildElement(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'node_modules', 'esbuild'))) await install(folder)
  const site = join(folder, 'site')
  rmSync(site, { recursive: true, force: true })
  const require = createRequire(join(folder, 'package.json'))
  const { build } = require('esbuild') as { build(options: object): Promise<unknown> }
  const sdk = dirname(require.resolve('matrix-react-sdk/package.json'))
  await build({
    ...OPTIONS,
    entryPoints: {
      page: join(PAGE, 'page.cjs'),
      RecorderWorklet: join(sdk, 'src/audio/RecorderWorklet.ts'),
      ...Object.fromEntries(
        ['indexeddb', 'blurhash', 'playback'].map((name) => [
          `${name}.worker`,
          join(sdk, `src/workers/${name}.worker.ts`),
        ]),
      ),
    },
    outdir: site,
    format: 'iife',
    inject: [join(PAGE, 'globals.js')],
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    nodePaths: [join(folder, 'node_modules')], // our page lies elsewhere
    alias: { 'matrix-react-sdk': sdk, events: join(folder, 'node_modules/events/events.js') },
    plugins: interfacePlugins(require),
  })
  await build({
    ...OPTIONS,
    entryPoints: { 'theme-light': join(sdk, 'res/themes/light/css/light.pcss') },
    outdir: site,
    loader: { ...OPTIONS.loader, '.svg': 'file' },
    plugins: themePlugins(require),
  })
  for (const file of ['index.html', 'media-worker.js']) cpSync(join(PAGE, file), join(site, file))
  cpSync(join(sdk, 'res/media'), join(site, 'media'), { recursive: true })
  mkdirSync(join(site, 'i18n'))
  cpSync(join(sdk, 'src/i18n/strings/en_EN.json'), join(site, 'i18n/en_EN.json'))
  writeFileSync(join(site, 'i18n/languages.json'), JSON.stringify({ en: 'en_EN.json' }))
  return site
}

async function install(folder: string): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }))
  console.log('Installing the client and what builds it (npm install)…')
  const args = ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  const npm = spawn('npm', [...args, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  const [code] = (await once(npm, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`npm install failed in ${folder}`)
}
