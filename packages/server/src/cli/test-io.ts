import { Readable, Writable } from 'node:stream'
import type { Io } from './io.ts'
import { runCli } from './run.ts'

/** What a command said and how it ended. */
export interface CliResult {
  code: number
  out: string
  err: string
}

export interface CliOptions {
  cwd?: string
  /** What is piped in. */
  input?: string
  env?: Record<string, string>
  /** Called with everything said so far whenever there is more. */
  onOutput?: (out: string) => void
  stopRequested?: Promise<void>
}

/** Runs a command line inside this process. For tests. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const result: CliResult = { code: -1, out: '', err: '' }
  const into = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        result[key] += String(chunk)
        if (key === 'out') options.onOutput?.(result.out)
        done()
      },
    })
  const io: Io = {
    stdin: Readable.from([Buffer.from(options.input ?? '')]),
    stdout: into('out'),
    stderr: into('err'),
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    stopRequested: () => options.stopRequested ?? Promise.resolve(),
  }
  result.code = await runCli(args, io)
  return result
}
