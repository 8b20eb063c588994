import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * The words of messages, names and topics, by the number of their event, and up to which event they are in. They follow
 * the events: see `stores/events/event-search.ts`. Safe while the previous release runs: what it takes away is not found, because
 * searches look at the events.
 */
export const eventSearch: Migration = {
  compatibleSince: 6,
  async up(db) {
    await ddl(db, db.dialect === 'sqlite' ? SQLITE : POSTGRES)
    await ddl(
      db,
      'CREATE TABLE event_search_progress (id BIGINT NOT NULL PRIMARY KEY, position BIGINT NOT NULL)',
    )
    await db.run('INSERT INTO event_search_progress (id, position) VALUES (1, 0)')
  },
}

/** `room` holds one word that stands for the room: so a search looks only at the rooms it is about. */
const SQLITE = `CREATE VIRTUAL TABLE event_search USING fts5 (room, words, content='', contentless_delete=1)`

const POSTGRES = `
CREATE TABLE event_search (
  nid BIGINT NOT NULL PRIMARY KEY,
  room_id TEXT NOT NULL,
  words TSVECTOR NOT NULL
);
CREATE INDEX event_search_by_words ON event_search USING gin (words);
CREATE INDEX event_search_by_room ON event_search (room_id, nid);
`
