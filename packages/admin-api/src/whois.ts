import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/user_admin_api §Query current sessions for a user. All connections are under the key ''. */
export const WhoisAnswer = Type.Object({
  user_id: Type.String({ description: 'Full user id' }),
  devices: Type.Record(
    Type.String(),
    Type.Object({
      sessions: Type.Array(
        Type.Object({
          connections: Type.Array(
            Type.Object({
              ip: Type.String({ description: 'Address of the client' }),
              last_seen: Type.Integer({ description: 'Last request from there, ms since epoch' }),
              user_agent: Type.String({ description: 'The `User-Agent` the client sent last' }),
            }),
            { description: 'One for each token and address' },
          ),
        }),
        { description: 'One' },
      ),
    }),
    { description: "One member, with the key ''" },
  ),
})
export type WhoisAnswer = Static<typeof WhoisAnswer>
