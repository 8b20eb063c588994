import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why there can be no small disk here, `undefined` if there can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'mount namespaces are Linux’'
  if (process.getuid?.() !== 0) return 'only root may mount a small disk'
  for (const program of ['unshare', 'nsenter'])
    if (spawnSync(program, ['--version']).status !== 0) return `there is no ${program}`
  return undefined
}

/** A disk of few megabytes that only programs started by its launcher see, and we through `outside`. */
export interface SmallDisk extends AsyncDisposable {
  /** The server's folder: on the machine's disk, so that its configuration is seen by both. */
  readonly folder: string
  /** Where the disk is, as the server sees it. */
  readonly inside: string
  /** The same place as we see it. */
  readonly outside: string
  readonly launcher: readonly [string, ...string[]]
  /** A process that sees it. */
  readonly pid: number
  /** Takes all the room that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
  /** From now on nothing can be written, or it can again. Nobody may have a file open for writing. */
  setReadOnly(isReadOnly: boolean): void
  /** The same for one folder of it, whatever is open there. */
  setFolderReadOnly(name: string, isReadOnly: boolean): void
}

export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-small-disk-'))
  chmodSync(folder, 0o711) // PostgreSQL will not be root
  const inside = join(folder, 'disk')
  mkdirSync(inside)
  // The mount lives as long as this process, and it as long as we hold its standard input.
  const script = 'mount -t tmpfs -o "size=$1m" none "$0" && echo ready && exec cat'
  const holder = spawn(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', script, inside, String(megabytes)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const ended = once(holder, 'exit')
  const first = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)])
  if (first === undefined) throw new Error('a small disk cannot be mounted')
  const enter = ['nsenter', '-t', String(holder.pid), '-m', '--'] as const
  const outside = join(`/proc/${holder.pid}/root`, inside)
  const filler = join(outside, 'filler')
  const run = (...command: string[]) => {
    const [program, ...args] = enter
    const { status, stderr } = spawnSync(program, [...args, ...command])
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
  }
  return {
    folder,
    inside,
    outside,
    // Entering leads to the root folder.
    pid: holder.pid!,
    launcher: [...enter, 'sh', '-c', 'cd "$0" && exec "$@"', folder],
    fill() {
      const file = openSync(filler, 'a')
      for (const size of [1 << 20, 4096, 1]) writeAll(file, Buffer.alloc(size))
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
    setReadOnly(isReadOnly) {
      run('mount', '-o', isReadOnly ? 'remount,ro' : 'remount,rw', inside)
    },
    setFolderReadOnly(name, isReadOnly) {
      const path = join(inside, name)
      if (!isReadOnly) return run('umount', path)
      run('mount', '--bind', path, path)
      run('mount', '-o', 'remount,bind,ro', path)
    },
    async [Symbol.asyncDispose]() {
      holder.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Until no more fits. */
function writeAll(file: number, bytes: Buffer): void {
  for (;;) {
    try {
      if (writeSync(file, bytes) === 0) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}
