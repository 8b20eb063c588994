import assert from 'node:assert/strict'
// biome-ignore lint/style/noRestrictedImports: the stories are files
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { RoomVersionRules } from '../room-version/types.ts'
import { roomVersions } from '../room-version/versions.ts'
import { resolveState } from './resolve.ts'
import type { ScenarioFile } from './scenario.ts'
import { buildScenario, namesIn } from './scenario.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)

function versionsOf(algorithm: string): RoomVersionRules[] {
  return [...roomVersions.values()].filter(({ stateResolution }) => stateResolution === algorithm)
}

for (const name of readdirSync(FIXTURES).sort()) {
  // The fixtures are ours: a malformed one fails its own test.
  const file = JSON.parse(readFileSync(new URL(`${name}/scenario.json`, FIXTURES), 'utf8')) as ScenarioFile
  for (const [algorithm, resolved] of Object.entries(file.resolved)) {
    test(`${name} resolves by ${algorithm} as its story tells`, () => {
      for (const rules of versionsOf(algorithm)) {
        const { stateSets, loader } = buildScenario(file, rules)
        const expected = resolved.split(' ').sort()

        assert.deepEqual(namesIn(resolveState(rules, stateSets, loader)), expected, `v${rules.version}`)
        assert.deepEqual(
          namesIn(resolveState(rules, stateSets.toReversed(), loader)),
          expected,
          `v${rules.version}, sets in the other order`,
        )
      }
    })
  }
}
