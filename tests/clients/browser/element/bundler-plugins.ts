import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What is used here of esbuild, which is not a dependency. */
interface Build {
  onResolve(
    options: { filter: RegExp },
    resolve: (args: { path: string; resolveDir: string }) => { path: string; namespace: string },
  ): void
  onLoad(options: { filter: RegExp; namespace?: string }, load: (args: { path: string }) => Loaded): void
}
type Loaded = Content | Promise<Content>
interface Content {
  contents: string | Buffer
  loader: 'js' | 'css' | 'text' | 'file'
  resolveDir?: string
}
interface Plugin {
  name: string
  setup(build: Build): void
}

/** What Element's sources expect of their bundler beyond plain modules. */
export function interfacePlugins(require: NodeJS.Require): Plugin[] {
  return [pictures, texts, workers, recorder(require), { name: 'util', setup: utilIsArray }]
}

/** An SVG is its address, and a component of the name `Icon`. */
const pictures: Plugin = {
  name: 'pictures',
  setup(build) {
    build.onLoad({ filter: /\.svg$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const contents = `
        const React = require('react')
        const text = ${JSON.stringify(text)}
        const KEPT = ['viewBox', 'width', 'height', 'fill']
        exports.__esModule = true
        exports.default = 'data:image/svg+xml,' + encodeURIComponent(text)
        exports.Icon = exports.ReactComponent = (props) => {
          const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement
          const given = Object.fromEntries(KEPT.filter((k) => root.hasAttribute(k)).map((k) => [k, root.getAttribute(k)]))
          return React.createElement('svg', { ...given, ...props, dangerouslySetInnerHTML: { __html: root.innerHTML } })
        }`
      return { contents, loader: 'js', resolveDir: dirname(path) }
    })
  },
}

/** Texts that are inlined, and the list of languages that the page is built with. */
const texts: Plugin = {
  name: 'texts',
  setup(build) {
    build.onResolve({ filter: /^\$webapp\// }, ({ path }) => ({ path, namespace: 'of-page' }))
    build.onLoad({ filter: /./, namespace: 'of-page' }, ({ path }) => ({
      contents: `module.exports = ${JSON.stringify(path.replace('$webapp/', ''))}`,
      loader: 'js',
    }))
    build.onResolve({ filter: /^!!raw-loader!/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('!!raw-loader!', '')),
      namespace: 'raw',
    }))
    build.onLoad({ filter: /./, namespace: 'raw' }, ({ path }) => {
      // Scripts are inlined as they are published, compiled.
      const file = path.endsWith('.css') ? path : `${path.replace('/src/', '/lib/')}.js`
      return { contents: readFileSync(file), loader: 'text' }
    })
  },
}

/** Workers are scripts of their own beside the page. */
const workers: Plugin = {
  name: 'workers',
  setup(build) {
    build.onLoad({ filter: /WorkerFactory\.ts$/ }, ({ path }) => {
      const name = /(\w+)WorkerFactory\.ts$/.exec(path)![1]
      return {
        contents: `export default (options) => new Worker('/${name}.worker.js', options)`,
        loader: 'js',
      }
    })
    build.onLoad({ filter: /recorderWorkletFactory\.ts$/ }, () => ({
      contents: `export default (context) => context.audioWorklet.addModule('/RecorderWorklet.js')`,
      loader: 'js',
    }))
  },
}

/** The recorder's scripts are wanted by their addresses. */
function recorder(require: NodeJS.Require): Plugin {
  return {
    name: 'recorder',
    setup(build) {
      build.onResolve({ filter: /^opus-recorder\/dist\/(decoder|wave|encoder).*\.js$/ }, ({ path }) => ({
        path: require.resolve(path),
        namespace: 'script',
      }))
      build.onLoad({ filter: /./, namespace: 'script' }, ({ path }) => ({
        contents: readFileSync(path),
        loader: 'file',
      }))
    },
  }
}

/** One of the libraries asks Node's `util` what is an array. */
function utilIsArray(build: Build): void {
  build.onResolve({ filter: /^util$/ }, ({ path }) => ({ path, namespace: 'node' }))
  build.onLoad({ filter: /./, namespace: 'node' }, () => ({
    contents: 'exports.isArray = Array.isArray',
    loader: 'js',
  }))
}

type PostcssPlugin = (options?: object) => object
type Postcss = (plugins: object[]) => { process(css: string, options: object): Promise<{ css: string }> }

const POSTCSS_PLUGINS = ['import', 'mixins', 'simple-vars', 'nested', 'easings', 'hexrgba']

/** The theme is written for PostCSS with these plugins, in this order. */
export function themePlugins(require: NodeJS.Require): Plugin[] {
  const loaded = (name: string) => {
    const module = require(name) as { default?: PostcssPlugin } & PostcssPlugin
    return module.default ?? module
  }
  const postcss = loaded('postcss') as unknown as Postcss
  return [
    {
      name: 'theme',
      setup(build) {
        build.onLoad({ filter: /\.pcss$/ }, async ({ path }) => {
          const plugins = POSTCSS_PLUGINS.map((name) => loaded(`postcss-${name}`)())
          const parser = require('postcss-scss')
          const { css } = await postcss(plugins).process(readFileSync(path, 'utf8'), { from: path, parser })
          // Comments to the end of the line are none in CSS.
          return { contents: css.replace(/^\s*\/\/.*$/gm, ''), loader: 'css', resolveDir: dirname(path) }
        })
      },
    },
  ]
}
