import type { Dialect, ReadHandle } from '../../db/types.ts'
import type { ExternalId, Threepid } from './threepids.ts'
import { ACCOUNT_COLUMNS, type Account, type AccountRow, toAccount } from './types.ts'

/** An account with all that an administrator is shown of it. */
export interface AccountDetails {
  account: Account
  threepids: Threepid[]
  externalIds: ExternalId[]
}

interface DetailsRow extends AccountRow {
  threepids: string | null
  external_ids: string | null
}

type ThreepidValues = [medium: string, address: string, validatedTs: number, addedTs: number]
type ExternalIdValues = [authProvider: string, externalId: string]

/** Nothing found is the usual answer, and SQLite's of no rows an empty list. */
const selectDetails = (listOf: (columns: string, order: string) => string) => `
SELECT ${ACCOUNT_COLUMNS},
  (SELECT ${listOf('medium, address, validated_at, added_at', 'medium, address')}
    FROM user_threepids WHERE user_id = users.name) AS threepids,
  (SELECT ${listOf('auth_provider, external_id', 'auth_provider, external_id')}
    FROM user_external_ids WHERE user_id = users.name) AS external_ids
FROM users WHERE name = ?`

const DETAILS: Readonly<Record<Dialect, string>> = {
  sqlite: selectDetails((columns, order) => `json_group_array(json_array(${columns}) ORDER BY ${order})`),
  postgres: selectDetails(
    (columns, order) => `CAST(json_agg(json_build_array(${columns}) ORDER BY ${order}) AS TEXT)`,
  ),
}

/** One statement: what each costs beside what it reads is most of such an answer. */
export async function findDetails(db: ReadHandle, userId: string): Promise<AccountDetails | undefined> {
  const row = await db.get<DetailsRow>(DETAILS[db.dialect], userId)
  if (row === undefined) return undefined
  return {
    account: toAccount(row),
    threepids: listIn<ThreepidValues>(row.threepids).map(([medium, address, validatedTs, addedTs]) => ({
      medium,
      address,
      validatedTs,
      addedTs,
    })),
    externalIds: listIn<ExternalIdValues>(row.external_ids).map(([authProvider, externalId]) => ({
      authProvider,
      externalId,
    })),
  }
}

function listIn<Values>(text: string | null): Values[] {
  return text === null || text === '[]' ? [] : (JSON.parse(text) as Values[])
}
