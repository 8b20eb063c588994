import { createPasswords } from '../accounts/passwords.ts'
import { readSettings } from '../config/load.ts'
import { type Command, CommandError, say } from './io.ts'
import { CONFIG_HELP, configOptions, parseOptions, toLoadOptions } from './parse.ts'
import { Prompter } from './prompt.ts'

export const hashPassword: Command = {
  name: 'hash-password',
  summary: 'print what the database stores for a password',
  help: `Prints the bcrypt hash of a password, as it is stored for an account.

Usage: ranvier hash-password [options]

  -p, --password PW    the password (it will show in the list of processes); default: it is asked for
${CONFIG_HELP}
  -h, --help           this text

bcrypt_rounds and password_config.pepper are taken from the configuration.`,

  async run(args, io) {
    const { values } = parseOptions(
      args,
      { ...configOptions, password: { type: 'string', short: 'p' } },
      'ranvier hash-password',
    )
    const { passwords } = readSettings(toLoadOptions(values, io))
    const password = values.password ?? (await askForPassword(io))
    if (password === '') throw new CommandError('Password cannot be blank.')
    const hasher = createPasswords({ rounds: passwords.bcryptRounds, pepper: passwords.pepper })
    say(io, await hasher.hash(password))
    return 0
  },
}

/** Asks twice on a terminal. What is piped in is taken as it is. */
async function askForPassword(io: Parameters<Command['run']>[1]): Promise<string> {
  using prompter = new Prompter(io)
  const password = await prompter.askHidden('Password: ')
  if (io.stdin.isTTY !== true) return password
  const again = await prompter.askHidden('Confirm password: ')
  if (password !== again) throw new CommandError('Passwords do not match')
  return password
}
