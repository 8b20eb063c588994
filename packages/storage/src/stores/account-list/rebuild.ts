import type { WriteHandle } from '../../db/types.ts'
import { rebuildGrams } from '../account-names/grams.ts'
import { rebuildParts } from '../account-names/parts.ts'
import { AccountBlocks } from './blocks.ts'
import { noteAllMoved } from './moves.ts'

const TRAITS = 'is_guest, deactivated, locked, approved, shadow_banned'
const SAME_KIND = `k.is_guest = users.is_guest AND k.deactivated = users.deactivated AND k.locked = users.locked
  AND k.approved = users.approved AND k.shadow_banned = users.shadow_banned
  AND k.user_type = COALESCE(users.user_type, '')`

/** Makes anew, from the rows of `users`, everything that is kept about all of them. */
export async function rebuildAccountLists(db: WriteHandle): Promise<void> {
  await db.run(
    `INSERT INTO user_kinds (id, ${TRAITS}, user_type, accounts)
     SELECT (SELECT COALESCE(MAX(id), 0) FROM user_kinds) + ROW_NUMBER() OVER (), ${TRAITS}, user_type, 0
     FROM (SELECT DISTINCT ${TRAITS}, COALESCE(user_type, '') AS user_type FROM users) AS present
     WHERE true ON CONFLICT (${TRAITS}, user_type) DO NOTHING`,
  )
  await db.run(
    `UPDATE users SET kind = (SELECT id FROM user_kinds k WHERE ${SAME_KIND})
     WHERE kind != (SELECT id FROM user_kinds k WHERE ${SAME_KIND})`,
  )
  await db.run(
    `UPDATE user_kinds SET accounts = (SELECT COUNT(*) FROM users WHERE users.kind = user_kinds.id)`,
  )
  await new AccountBlocks(db).rebuild()
  await rebuildGrams(db)
  await rebuildParts(db)
  await noteAllMoved(db)
}
