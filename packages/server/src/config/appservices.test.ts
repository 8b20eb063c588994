import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ServerName } from '@ranvier/protocol'
import { readAppservices } from './appservices.ts'

const GOOD = {
  id: 'irc',
  url: 'http://127.0.0.1:1/irc/',
  as_token: 'secret-a',
  hs_token: 'secret-h',
  sender_localpart: 'ircbot',
  namespaces: { users: [{ exclusive: true, regex: '@irc_.*' }] },
}

/** Reads registrations of these contents. */
function read(t: TestContext, ...contents: unknown[]) {
  const baseDir = mkdtempSync(join(tmpdir(), 'registrations-'))
  t.after(() => rmSync(baseDir, { recursive: true, force: true }))
  const files = contents.map((content, i) => {
    writeFileSync(join(baseDir, `${i}.yaml`), typeof content === 'string' ? content : JSON.stringify(content))
    return `${i}.yaml`
  })
  return readAppservices(files, { baseDir, serverName: 'test' as ServerName })
}

test('a registration is read, with what it leaves out', (t) => {
  const [appservice] = read(t, GOOD)

  assert.deepEqual(appservice, {
    id: 'irc',
    url: 'http://127.0.0.1:1/irc',
    asToken: 'secret-a',
    hsToken: 'secret-h',
    sender: '@ircbot:test',
    users: [{ pattern: /^(?:@irc_.*)/, exclusive: true }],
    aliases: [],
    rooms: [],
    rateLimited: true,
    protocols: [],
    receivesEphemeral: false,
    receivesEncryption: false,
  })
})

test('what is wrong in a registration is named, without its tokens', (t) => {
  const wrong: [unknown, RegExp][] = [
    ['- x', /0\.yaml: must hold a registration/],
    ['{', /0\.yaml is not valid YAML/],
    [{ ...GOOD, as_token: undefined }, /0\.yaml: as_token: missing/],
    [{ ...GOOD, as_token: 'secret with blanks' }, /0\.yaml: as_token: /],
    [{ ...GOOD, url: 'localhost' }, /0\.yaml: url: "localhost" is not a URL/],
    [
      { ...GOOD, namespaces: { users: [{ regex: '(' }] } },
      /namespaces\.users: "\(" is not a regular expression/,
    ],
    [{ ...GOOD, sender_localpart: 'x'.repeat(300) }, /sender_localpart: .* is not a user id/],
  ]
  for (const [content, message] of wrong)
    assert.throws(
      () => read(t, content),
      (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
})

test('two application services share neither id nor token', (t) => {
  assert.throws(() => read(t, GOOD, { ...GOOD, as_token: 'b', hs_token: 'b' }), /1\.yaml has the same id/)
  assert.throws(() => read(t, GOOD, { ...GOOD, id: 'b', hs_token: 'b' }), /1\.yaml has the same as_token/)
})
