import { ConfigError } from '../config/problems.ts'
import { backup } from './backup.ts'
import { configCheck } from './config-check.ts'
import { hashPassword } from './hash-password.ts'
import { type Command, CommandError, complain, type Io, say, UsageError } from './io.ts'
import { registerNewMatrixUser } from './register-new-matrix-user.ts'
import { start } from './start.ts'
import { version } from './version.ts'

const commands: readonly Command[] = [start, configCheck, backup, hashPassword, registerNewMatrixUser]

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs the command line `args` and returns its exit code. Whatever went wrong has been said on standard error. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    if (error instanceof UsageError) {
      complain(io, error.message)
      return EXIT_USAGE
    }
    // A stack helps whoever has to find the fault; the errors we expect say all there is in their message.
    const isExpected = error instanceof ConfigError || error instanceof CommandError
    complain(io, isExpected || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message))
    return EXIT_FAILED
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [first] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    say(io, overview())
    return first === undefined ? EXIT_USAGE : 0
  }
  if (first === '--version' || first === '-V') {
    say(io, version)
    return 0
  }
  const command = commands.find((each) => each.name.split(' ').every((word, i) => word === args[i]))
  if (command === undefined)
    throw new UsageError(`There is no command "${first}". See \`ranvier --help\` for those there are.`)
  const rest = args.slice(command.name.split(' ').length)
  if (rest.some((arg) => arg === '--help' || arg === '-h')) {
    say(io, command.help)
    return 0
  }
  return command.run(rest, io)
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return `Ranvier ${version}, a Matrix homeserver.

Usage: ranvier COMMAND [options]

${lines.join('\n')}

ranvier COMMAND --help says more about a command; ranvier --version tells the version.`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
