import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * How an image's containers are run, from `image.json`. A relative first word of `cmd` is looked up in the image's
 * folder. `passEnv` names variables of the engine's own environment that containers get.
 */
export interface ImageSpec {
  cmd: [string, ...string[]]
  env?: Record<string, string>
  passEnv?: string[]
  ports?: number[]
}

/** A folder with `image.json`, and what it runs. */
export interface BaseImage {
  folder: string
  spec: ImageSpec
}

/** A container's folder as it was when it was committed. */
export interface CommittedImage {
  id: string
  /** Repository and tag. */
  name: string
  /** The base image its containers run. */
  base: string
  labels: Record<string, string>
  folder: string
  createdMs: number
}

/** Reads the image of a `NAME=DIR` option. */
export function readBaseImage(option: string): [name: string, image: BaseImage] {
  const [name = '', folder = ''] = option.split(/=(.*)/s)
  const absolute = resolve(folder)
  const spec = JSON.parse(readFileSync(join(absolute, 'image.json'), 'utf8')) as ImageSpec // ours
  return [name, { folder: absolute, spec }]
}

export function copyTree(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', '--reflink=auto', `${from}/.`, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cp ${from}: ${stderr}`)
}

/** Labels a commit adds, from its `changes` (`LABEL "key"="value"`, `\n` in a value as two characters). */
export function labelsOf(changes: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const change of changes) {
    const match = /^LABEL "((?:[^"\\]|\\.)*)"="(.*)"$/s.exec(change)
    if (match !== null) labels[match[1]!] = match[2]!
  }
  return labels
}
