import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomVersionRules } from './types.ts'
import { findRoomVersion, roomVersionOfCreate, roomVersions, supportedRoomVersions } from './versions.ts'

// One row per fact, one column per version 1–12. `y`/`-` are booleans.
const TABLE = `
  stable                    | y   y   y   y   y   y   y   y   y   y   y   y
  eventIds                  | own own hash-base64 hash-base64url hash-base64url hash-base64url hash-base64url hash-base64url hash-base64url hash-base64url hash-base64url hash-base64url
  referencePairs            | y   y   -   -   -   -   -   -   -   -   -   -
  stateResolution           | v1  v2  v2  v2  v2  v2  v2  v2  v2  v2  v2  v2.1
  enforceKeyValidity        | -   -   -   -   y   y   y   y   y   y   y   y
  strictCanonicalJson       | -   -   -   -   -   y   y   y   y   y   y   y
  aliasesSpecialRule        | y   y   y   y   y   -   -   -   -   -   -   -
  redactionInAuthRules      | y   y   -   -   -   -   -   -   -   -   -   -
  notificationsInPowerRule  | -   -   -   -   -   y   y   y   y   y   y   y
  knocking                  | -   -   -   -   -   -   y   y   y   y   y   y
  restrictedJoins           | -   -   -   -   -   -   -   y   y   y   y   y
  knockRestricted           | -   -   -   -   -   -   -   -   -   y   y   y
  redaction                 | v1  v1  v1  v1  v1  v6  v6  v8  v9  v9  v11 v11
  integerPowerLevels        | -   -   -   -   -   -   -   -   -   y   y   y
  creatorInContent          | y   y   y   y   y   y   y   y   y   y   -   -
  redactsInContent          | -   -   -   -   -   -   -   -   -   -   y   y
  hashRoomIds               | -   -   -   -   -   -   -   -   -   -   -   y
  creatorPower              | -   -   -   -   -   -   -   -   -   -   -   y
  createInAuthEvents        | y   y   y   y   y   y   y   y   y   y   y   -
  fullCreateInStrippedState | -   -   -   -   -   -   -   -   -   -   -   y
`

const expected = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [fact, values] = line.split('|') as [string, string]
    return { fact: fact.trim() as keyof RoomVersionRules, values: values.trim().split(/\s+/) }
  })

test('the versions one to twelve are there, in order', () => {
  assert.deepEqual(supportedRoomVersions(), '1 2 3 4 5 6 7 8 9 10 11 12'.split(' '))
  for (const [version, rules] of roomVersions) assert.equal(rules.version, version)
})

for (const { fact, values } of expected) {
  test(`every version has the specified value of ${fact}`, () => {
    const actual = [...roomVersions.values()].map((rules) => rules[fact])

    assert.deepEqual(
      actual,
      values.map((value) => (value === 'y' ? true : value === '-' ? false : value)),
    )
  })
}

test('the table covers every fact a version has', () => {
  const facts = Object.keys(findRoomVersion('12')!).filter((key) => key !== 'version')

  assert.deepEqual(facts.sort(), expected.map((row) => row.fact).sort())
})

test('an unknown version has no rules, whatever its name', () => {
  for (const version of ['0', '13', '', '01', 'org.example.1', '__proto__', 'constructor'])
    assert.equal(findRoomVersion(version), undefined)
})

test('the rules of a version cannot be changed by accident', () => {
  assert.throws(() => Object.assign(findRoomVersion('11')!, { knocking: false }), TypeError)
})

test('a create event without a version makes a room of version one', () => {
  assert.equal(roomVersionOfCreate({}), '1')
  assert.equal(roomVersionOfCreate({ room_version: '11' }), '11')
  assert.equal(roomVersionOfCreate({ room_version: 11 }), undefined)
  assert.equal(roomVersionOfCreate({ room_version: null }), undefined)
})
