import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { JsonObject } from '@ranvier/protocol/json'
import type { CallsConfig } from './config.ts'
import type { Origin } from './origin.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'
import { parseDurationMs } from './units.ts'

/** What clients are told of TURN servers and call transports. Throws a {@link ConfigError}. */
export function resolveCalls(raw: RawConfig, { baseDir }: Pick<Origin, 'baseDir'>): CallsConfig {
  return {
    turn: resolveTurn(raw, baseDir),
    transports: raw.matrix_rtc.transports as JsonObject[], // read from YAML
  }
}

function resolveTurn(raw: RawConfig, baseDir: string): CallsConfig['turn'] {
  if (raw.turn_uris.length === 0) return null
  const secret = sharedSecret(raw, baseDir)
  const { turn_username: username, turn_password: password } = raw
  if (secret === undefined && (username === undefined || password === undefined))
    throw new ConfigError(
      'turn_uris: clients need credentials for these servers. Write `turn_shared_secret: …`, as it stands in the ' +
        "TURN server's own configuration, or `turn_username: …` and `turn_password: …`.",
    )
  return {
    uris: raw.turn_uris,
    credentials: secret === undefined ? { username: username!, password: password! } : { secret },
    lifetimeMs: parseDurationMs(raw.turn_user_lifetime)!, // checked
    allowGuests: raw.turn_allow_guests,
  }
}

function sharedSecret(raw: RawConfig, baseDir: string): string | undefined {
  const { turn_shared_secret: secret, turn_shared_secret_path: path } = raw
  if (path === undefined) return secret
  if (secret !== undefined)
    throw new ConfigError(
      'turn_shared_secret: given together with turn_shared_secret_path. Remove one of them.',
    )
  try {
    return readFileSync(resolve(baseDir, path), 'utf8').trim()
  } catch (cause) {
    throw new ConfigError(
      `turn_shared_secret_path: ${path} cannot be read (${(cause as Error).message}). Name the file with the secret.`,
      { cause },
    )
  }
}
