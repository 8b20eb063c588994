import type { Storage } from '../../open.ts'

export const COUNT = 3_000

/** A word of a few, other ones for other numbers. */
const word = (number: string) =>
  `CASE (${number}) % 5 WHEN 0 THEN 'Äpfel' WHEN 1 THEN 'Birnen' WHEN 2 THEN 'alte ' WHEN 3 THEN 'quer' ELSE 'Zoo' END`

const STATEMENTS = [
  `INSERT INTO users (id, name, creation_ts, displayname, kind, search_text)
   SELECT i, '@u' || i || ':t', i, CASE WHEN i % 4 = 0 THEN NULL ELSE ${word('i')} || i END, 0, '' FROM n`,
  `INSERT INTO rooms (room_id, version, creator, created_ts, published, extremities, depth, snapshot,
     last_position, last_ts, event_count, state_event_count, joined_count, invited_count, name, canonical_alias)
   SELECT '!r' || i, CASE WHEN i % 2 = 0 THEN '10' ELSE '9' END, '@u' || (i % 40) || ':t', i,
     CASE WHEN i % 100 = 0 THEN 1 ELSE 0 END, '[]', 1, 1, i, i, 1, i % 9, i % 5, 0,
     CASE WHEN i % 3 = 0 THEN NULL ELSE ${word('i / 3')} || (i % 50) END,
     CASE WHEN i % 7 = 0 THEN '#' || ${word('i')} || i || ':t' ELSE NULL END FROM n`,
  `INSERT INTO event_reports (id, received_ts, room_id, event_id, user_id, sender, reason, score)
   SELECT i, i / 2, '!R' || (i % 300), '$e' || i, '@u' || (i * i % 700) || ':t', '@s' || (i % 5) || ':t', NULL, NULL FROM n`,
  `INSERT INTO user_reports (id, received_ts, target_user_id, user_id, reason)
   SELECT i, i / 2, '@s' || (i % 5) || ':t', '@u' || (i % 700) || ':t', '' FROM n`,
  `INSERT INTO local_media (media_id, user_id, media_type, media_length, created_ts, authenticated, sha256)
   SELECT 'm' || i, '@u' || (CASE WHEN i % 2 = 0 THEN 1 ELSE i % 1000 END) || ':t', 'a/b', i % 100, i, 1, 'h' || i FROM n`,
  `INSERT INTO jobs (id, name, subject, params, status, progress, created_ts, updated_ts, due_ts, attempts)
   SELECT 'j' || i, 'n' || (i % 3), 's' || (i % 50), '{}', CASE WHEN i % 500 = 0 THEN 'active' ELSE 'complete' END,
     'null', i, i, i / 2, 0 FROM n`,
  `INSERT INTO destinations (destination, retry_last_ts, retry_interval, failure_ts, last_successful_stream_ordering)
   SELECT 'host' || i || '.example', i % 4, i % 3, CASE WHEN i % 10 = 0 THEN i ELSE NULL END, i FROM n`,
  `INSERT INTO audit_log (id, ts, action_id, operation, actor, target, changes, more_changes, jobs)
   SELECT i, i / 2, 'a' || i, 'op' || (i % 9), '@u' || (i % 4) || ':t', '@u' || (i % 99) || ':t', '[]', 0, '[]' FROM n`,
]

/** Rooms, reports, files, jobs and more, written as they never come: all at once. */
export async function fillLists(storage: Storage): Promise<void> {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT})`
  await storage.write(async (tx) => {
    for (const sql of STATEMENTS) await tx.db.run(sql.replace(/\n\s+SELECT/, `\n ${numbers} SELECT`))
    await tx.takePosition('reports', COUNT)
    await tx.takePosition('accounts', COUNT)
    await tx.takePosition('audit', COUNT)
    await tx.rebuild.adminLists()
    // SQLite is never told to: its plans are those it makes without statistics.
    if (storage.dialect === 'postgres') await tx.db.run('ANALYZE')
  })
}
