import type { ReadHandle } from '../../db/types.ts'

/** Which files are pictures of somebody or something. */
export class AvatarReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  /** Of these `mxc://` URIs, those that are the picture of a user, here or in the user directory, or of a room. */
  async used(uris: readonly string[]): Promise<string[]> {
    if (uris.length === 0) return []
    const rows = await this.#db.all<{ avatar_url: string }>(
      `SELECT avatar_url FROM users WHERE avatar_url = ANY(?)
       UNION SELECT avatar_url FROM rooms WHERE avatar_url = ANY(?)
       UNION SELECT avatar_url FROM user_directory WHERE avatar_url = ANY(?)`,
      uris,
      uris,
      uris,
    )
    return rows.map((row) => row.avatar_url)
  }
}
