import { STREAMS } from '../../streams.ts'
import { ddl } from '../ddl.ts'
import type { Migration } from '../types.ts'
import { accountSearchSchema, accountsSchema } from './accounts.ts'
import { adminSchema } from './admin.ts'
import { clientDataSchema } from './client-data.ts'
import { keysSchema } from './keys.ts'
import { mediaSchema } from './media.ts'
import { pushersSchema } from './pushers.ts'
import { roomsSchema } from './rooms.ts'
import { userDirectorySchema } from './user-directory.ts'

/** The first schema. */
export const foundation: Migration = {
  compatibleSince: 1,
  async up(db) {
    await ddl(db, streamsSchema)
    for (const stream of STREAMS) await db.run('INSERT INTO streams (name, position) VALUES (?, 0)', stream)
    await ddl(db, accountsSchema)
    await ddl(db, accountSearchSchema(db.dialect))
    await ddl(db, clientDataSchema)
    await ddl(db, keysSchema)
    await ddl(db, pushersSchema)
    await ddl(db, roomsSchema)
    await ddl(db, userDirectorySchema)
    await ddl(db, mediaSchema)
    await ddl(db, adminSchema)
  },
}

const streamsSchema = `
CREATE TABLE streams (name TEXT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (name)) /* by key */;
CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  subject TEXT,
  params TEXT NOT NULL,
  status TEXT NOT NULL,
  progress TEXT NOT NULL,
  error TEXT,
  created_ts BIGINT NOT NULL,
  updated_ts BIGINT NOT NULL,
  due_ts BIGINT NOT NULL,
  attempts BIGINT NOT NULL
);
CREATE INDEX jobs_by_status ON jobs (status, due_ts);
CREATE INDEX jobs_by_subject ON jobs (subject, name);
CREATE TABLE client_txns (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  txn_id TEXT NOT NULL,
  response TEXT NOT NULL,
  created_ts BIGINT NOT NULL,
  PRIMARY KEY (user_id, device_id, scope, txn_id)
) /* by key */;
CREATE INDEX client_txns_by_age ON client_txns (created_ts);
`
