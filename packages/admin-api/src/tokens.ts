import { TOKEN_SCOPES, type TokenScope } from './areas.ts'
import { oneOf } from './one-of.ts'
import { type Static, Type } from './schema.ts'

const nullableTime = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description })
const scope = oneOf(TOKEN_SCOPES as readonly [TokenScope, ...TokenScope[]], {
  description: 'An area to read, or to read and change; `*` is every area',
})

export const CreateTokenBody = Type.Object({
  name: Type.String({ description: 'What it is for, 1 to 100 characters' }),
  scopes: Type.Array(scope, { description: 'What it may do' }),
  expires_ts: nullableTime('When it stops working, ms since epoch; null: never'),
})

export const AdminTokenShape = Type.Object(
  {
    id: Type.Integer({ description: 'Its id' }),
    user_id: Type.String({ description: 'Whose it is' }),
    name: Type.String({ description: 'What it is for' }),
    scopes: Type.Array(scope, { description: 'What it may do' }),
    parent_id: Type.Union([Type.Integer(), Type.Null()], {
      description: 'The token it was made with, if any',
    }),
    created_ts: Type.Integer({ description: 'When it was made, ms since epoch' }),
    expires_ts: nullableTime('When it stops working, ms since epoch; null: never'),
    last_used_ts: nullableTime('When it was last used, ms since epoch, to the minute; null: never'),
    last_used_ip: Type.Union([Type.String(), Type.Null()], { description: 'From where it was last used' }),
    state: oneOf(['active', 'expired', 'revoked', 'owner_lost_rights'], {
      description: 'Whether it works, or why not',
    }),
  },
  { description: 'A scoped token, without the token itself' },
)
export type AdminTokenShape = Static<typeof AdminTokenShape>

export const CreatedToken = Type.Object({
  token: Type.String({ description: 'The token: shown this once' }),
  details: AdminTokenShape,
})
export type CreatedToken = Static<typeof CreatedToken>

export const AdminTokenList = Type.Object({
  tokens: Type.Array(AdminTokenShape, { description: 'In the order they were made' }),
  next_token: Type.Optional(
    Type.String({ description: 'For `from`, to get the next page; absent on the last' }),
  ),
})
export type AdminTokenList = Static<typeof AdminTokenList>
