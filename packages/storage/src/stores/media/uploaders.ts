import type { UserId } from '@ranvier/protocol/ids/brands'
import type { WriteHandle } from '../../db/types.ts'
import { searchTextOf } from '../account-names/search.ts'
import { putText } from '../lists/texts.ts'
import { addListed } from '../lists/totals.ts'

/**
 * A user has so many files and bytes more. `user_media_totals` has a row for who has files and for nobody else, with the
 * display name for the order by it. Belongs into the transaction that adds or removes the files.
 */
export async function addUploaded(
  db: WriteHandle,
  userId: UserId,
  { files, bytes }: { files: number; bytes: number },
): Promise<void> {
  const row = await db.get<{ files: number; displayname: string | null }>(
    `INSERT INTO user_media_totals (user_id, displayname, files, bytes)
     VALUES (?, (SELECT displayname FROM users WHERE name = ?), ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET files = user_media_totals.files + excluded.files,
       bytes = user_media_totals.bytes + excluded.bytes
     RETURNING files, displayname`,
    userId,
    userId,
    files,
    bytes,
  )
  if (row!.files === files) {
    await addListed(db, 'uploaders', 1)
    await putText(db, 'uploader', userId, { kind: 0, text: searchTextOf(userId, row!.displayname) })
  } else if (row!.files === 0) {
    await db.send('DELETE FROM user_media_totals WHERE user_id = ?', userId)
    await addListed(db, 'uploaders', -1)
    await putText(db, 'uploader', userId, undefined)
  }
}

/** A user has another display name now. Nothing happens for who has no files. */
export async function renameUploader(
  db: WriteHandle,
  userId: UserId,
  displayname: string | null,
): Promise<void> {
  const changed = await db.run(
    'UPDATE user_media_totals SET displayname = ? WHERE user_id = ?',
    displayname,
    userId,
  )
  if (changed === 1)
    await putText(db, 'uploader', userId, { kind: 0, text: searchTextOf(userId, displayname) })
}
