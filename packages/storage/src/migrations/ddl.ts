import { ddlFor } from '../db/sql-text.ts'
import type { WriteHandle } from '../db/types.ts'

/** Runs statements separated by `;` at a line's end, in the dialect of `db`. */
export async function ddl(db: WriteHandle, statements: string): Promise<void> {
  for (const statement of statements.split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== '') await db.run(ddlFor(db.dialect, statement))
  }
}
