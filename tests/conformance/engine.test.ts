import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const here = (name: string) => join(import.meta.dirname, name)

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root'
  for (const tool of ['ip', 'openssl', 'unshare'])
    if (spawnSync('which', [tool]).status !== 0) return `needs the program ${tool}`
  return spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']).status === 0
    ? false
    : 'needs to be allowed to make namespaces'
}

test('the image runs in the engine', { skip: whyNot(), timeout: 280_000 }, async () => {
  const command = [here('engine/main.ts'), '--image', `ranvier=${here('image')}`, '--', process.execPath]
  const child = spawn(process.execPath, [...command, here('selftest.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not the runner's own test: its output would be taken for ours.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  const [output, complaints, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ])

  assert.equal(code, 0, `${output}\n${complaints}`)
})
