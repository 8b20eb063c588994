import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Prints the names of packages that loading the server brings with it. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const packages = new Set()
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context)
    const inside = found.url.split('/node_modules/').at(-1)
    if (inside !== found.url) packages.add(inside.startsWith('@') ? inside.split('/', 2).join('/') : inside.split('/')[0])
    return found
  },
})
const { loadServer } = await import(process.argv.at(-1))
const { startServer } = await loadServer()
console.log(JSON.stringify([typeof startServer, ...packages]))
`

test('what many servers never need is not loaded with the server', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM, new URL('./load-server.ts', import.meta.url).href],
    { encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  const [startServer, ...packages] = JSON.parse(stdout) as string[]

  assert.equal(startServer, 'function')
  assert.ok(packages.includes('find-my-way'), stdout)
  for (const seldom of ['htmlparser2', 'jose', 'nodemailer', 'nunjucks', 'openid-client', 'pg', 'sharp'])
    assert.ok(!packages.includes(seldom), `${seldom} is loaded`)
})
