/**
 * What administrators look after.
 *
 * `event_reports`, `room_reports` and `user_reports` are what users have complained about; an id is never given twice.
 */
export const adminSchema = `
CREATE INDEX rooms_by_avatar ON rooms (avatar_url) WHERE avatar_url IS NOT NULL;
CREATE INDEX user_directory_by_avatar ON user_directory (avatar_url) WHERE avatar_url IS NOT NULL;
`
