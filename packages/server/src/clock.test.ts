import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { queryObjects } from 'node:v8'
import { fileClock, manualClock, systemClock } from './clock.ts'

const HOUR_MS = 3_600_000

function clockFile(t: TestContext, text: string): { path: string; write: (text: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'offset')
  const write = (content: string) => writeFileSync(path, content)
  write(text)
  return { path, write }
}

test('a manual clock runs timers in the order they are due, each at its own time', () => {
  const clock = manualClock(1000)
  const seen: [string, number][] = []
  clock.setTimeout(() => seen.push(['late', clock.nowMs()]), 500)
  clock.setTimeout(() => {
    seen.push(['early', clock.nowMs()])
    clock.setTimeout(() => seen.push(['chained', clock.nowMs()]), 100)
  }, 200)
  const cancelled = clock.setTimeout(() => seen.push(['cancelled', clock.nowMs()]), 300)

  cancelled.cancel()
  clock.advance(400)
  assert.deepEqual(seen, [
    ['early', 1200],
    ['chained', 1300],
  ])
  clock.advance(100)

  assert.deepEqual(seen.at(-1), ['late', 1500])
  assert.equal(clock.nowMs(), 1500)
})

test('a file clock is moved by the number of seconds in its file', (t) => {
  const file = clockFile(t, '0')
  const clock = fileClock(file.path, assert.fail)
  const before = clock.nowMs()

  file.write(' 3600.5\n')
  assert.ok(clock.nowMs() - before < HOUR_MS, 'only refresh looks at the file')
  clock.refresh()

  const moved = clock.nowMs() - before
  assert.ok(moved >= HOUR_MS + 500 && moved < HOUR_MS + 10_000, String(moved))
})

test('timers that are due by the moved file clock run at once, others do not', (t) => {
  const file = clockFile(t, '0')
  const clock = fileClock(file.path, assert.fail)
  const fired: string[] = []
  clock.setTimeout(() => fired.push('half an hour'), HOUR_MS / 2)
  clock.setTimeout(() => fired.push('ten minutes'), HOUR_MS / 6)
  clock.setTimeout(() => fired.push('two hours'), 2 * HOUR_MS)
  clock.setTimeout(() => fired.push('cancelled'), HOUR_MS / 2).cancel()

  file.write('3600')
  clock.refresh()

  assert.deepEqual(fired, ['ten minutes', 'half an hour'])
})

test('set back, a clock leaves its timers to wait as long as they were to', async (t) => {
  const file = clockFile(t, '3600')
  const clock = fileClock(file.path, assert.fail)
  const fired = Promise.withResolvers<void>()
  const keepAlive = setTimeout(() => fired.reject(new Error('it waits an hour')), 10_000)
  clock.setTimeout(fired.resolve, 50)

  file.write('0')
  clock.refresh()
  await fired.promise

  clearTimeout(keepAlive)
})

test('a file that holds no number leaves the clock where it is and is reported once', (t) => {
  const file = clockFile(t, '3600')
  const warnings: string[] = []
  const clock = fileClock(file.path, (message) => warnings.push(message))
  const before = clock.nowMs()

  for (const text of ['tomorrow', '', 'NaN', '1e999']) {
    file.write(text)
    clock.refresh()
  }

  assert.ok(Math.abs(clock.nowMs() - before) < 10_000)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /does not hold a number of seconds/)
})

test('a real timer runs, a cancelled one does not', async () => {
  const clock = systemClock()
  const fired = Promise.withResolvers<void>()
  clock.setTimeout(() => assert.fail('cancelled'), 0).cancel()
  clock.setTimeout(fired.resolve, 1)
  const keepAlive = setTimeout(() => {}, 10_000) // the clock's timers do not

  await fired.promise

  clearTimeout(keepAlive)
})

test('pending timers do not keep the process alive', () => {
  const script = `
    import { fileClock, systemClock } from ${JSON.stringify(new URL('./clock.ts', import.meta.url).href)}
    systemClock().setTimeout(() => {}, 60_000)
    systemClock().setTimeout(() => {}, 2 ** 40)
    fileClock('/nowhere', () => {}).setTimeout(() => {}, 60_000)`

  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })

  assert.equal(status, 0)
})

test('timers that are cancelled leave nothing behind, whatever their delays', (t) => {
  const alone = setTimeout(() => {}, 86_400_123)
  t.after(() => clearTimeout(alone))
  const { _idleNext: list } = alone as unknown as { _idleNext: object }
  const listsOfNode = () => queryObjects(list.constructor as new () => unknown) as number
  const clock = systemClock()
  const timers = Array.from({ length: 200 }, (_, i) => clock.setTimeout(assert.fail, 60_000 + i))
  const meanwhile = listsOfNode()
  for (const timer of [...timers, ...timers]) timer.cancel()

  const gone = meanwhile - listsOfNode()
  // Others in this process have timers too.
  assert.ok(gone > 150, `of 200 lists ${gone} are gone`)
})
