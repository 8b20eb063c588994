import { openStorage } from '@ranvier/storage'
import { type Client, type Ranvier, registerWithSecret, startRanvier } from '@ranvier/testkit'
import { callJson } from '../bench/call.ts'
import { fresh } from '../bench/scenarios/scenario.ts'
import { fillAccounts, makeAdmins } from './accounts.ts'
import type { Measured } from './compare.ts'

const ADMINS = 20

/** A server whose account list is measured. */
export interface ListedServer extends Measured {
  name: string
  accounts: number
  /** `undefined`: its CPU time is not shown. */
  pid: number | undefined
}

/** One of ours, of a database of its own. */
export interface Side extends ListedServer {
  server: Ranvier
  admin: Client
  pid: number
}

export async function startSide(database: 'sqlite' | 'postgres', accounts: number): Promise<Side> {
  const server = await startRanvier({ database, configOverrides: { log_level: 'warn' } })
  const admin = await server.registerAdmin()
  await server.stop()
  const began = performance.now()
  await fillAccounts(server.storageOptions, server.serverName, accounts)
  await using storage = await openStorage(server.storageOptions)
  await storage.write((tx) => makeAdmins(tx.db, ADMINS))
  await storage[Symbol.asyncDispose]()
  await server.restart()
  console.log(`${accounts} accounts made in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return { name: `ranvier-${database}`, accounts, server, admin, pid: server.pid }
}

/** A homeserver that runs already and has its accounts, as `URL,SECRET[,PID]`: its `registration_shared_secret`. */
export async function otherServer(text: string): Promise<ListedServer> {
  const [url, secret, pid] = text.split(',')
  if (!url || !secret) throw new Error(`--other wants URL,SECRET or URL,SECRET,PID, not ${text}`)
  const admin = await registerWithSecret(url, secret, fresh())
  const { total } = await callJson<{ total: number }>({
    url: `${url}/_synapse/admin/v3/users?limit=1&locked=true`,
    token: admin.accessToken,
  })
  return {
    name: 'the other',
    server: { url },
    admin,
    accounts: total,
    pid: pid === undefined ? undefined : Number(pid),
  }
}
