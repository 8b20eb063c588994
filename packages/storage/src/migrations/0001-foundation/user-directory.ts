/**
 * Who is found in the user directory, and by what: see docs/decisions/0007-user-directory.md.
 *
 * `user_directory_names` holds the folded names of everybody who may be found, once for each `scope` somebody looks in:
 * `*` is everybody, `+` are the members of public rooms, a room id are the members of a room that is not public. `kind`
 * is 0 for a whole name and 1 for a word of one; `remote` is 1 for users of other servers. All that is asked are ranges
 * of `name` within the columns before it.
 *
 * `user_directory_queue` says what has to be looked at again: a user, what a user is in a room, or with an empty user id
 * all members of a room. It is written with what changed, so nothing is missed. `version` counts changes since the row
 * was made; `resume_after` is the member a long list has come to.
 */
export const userDirectorySchema = `
CREATE TABLE user_directory (
  user_id TEXT NOT NULL PRIMARY KEY,
  display_name TEXT,
  avatar_url TEXT,
  remote BIGINT NOT NULL
) /* by key */;
CREATE TABLE user_directory_names (
  scope TEXT NOT NULL,
  kind BIGINT NOT NULL,
  remote BIGINT NOT NULL,
  name TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (scope, kind, remote, name, user_id)
) /* by key */;
CREATE INDEX user_directory_names_by_user ON user_directory_names (user_id, scope);
CREATE TABLE user_directory_queue (
  room_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  resume_after TEXT NOT NULL,
  PRIMARY KEY (room_id, user_id)
) /* by key */;
`
