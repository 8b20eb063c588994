import type { Readable, Writable } from 'node:stream'

/** What a command may touch of the process it runs in. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean }
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Resolves when the process is asked to stop. */
  stopRequested: () => Promise<void>
}

/** A command. Returns the exit code; throws a {@link UsageError} when it was called wrongly. */
export interface Command {
  /** The words that call it. */
  name: string
  /** One line for the list of commands. */
  summary: string
  help: string
  run(args: readonly string[], io: Io): Promise<number>
}

/** The command line was wrong. The message is all the user needs. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Something outside the command failed, in words for the person who called it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

export function say(io: Io, line: string): void {
  io.stdout.write(`${line}\n`)
}

export function complain(io: Io, line: string): void {
  io.stderr.write(`${line}\n`)
}
