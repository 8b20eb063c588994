import { type Static, Type } from 'typebox'

/** Synapse: admin_api/user_admin_api §Query current sessions for a user. All connections are under the key ''. */
export const WhoisAnswer = Type.Object({
  user_id: Type.String(),
  devices: Type.Record(
    Type.String(),
    Type.Object({
      sessions: Type.Array(
        Type.Object({
          connections: Type.Array(
            Type.Object({
              ip: Type.String(),
              last_seen: Type.Integer({ description: 'ms since epoch' }),
              user_agent: Type.String(),
            }),
          ),
        }),
      ),
    }),
  ),
})
export type WhoisAnswer = Static<typeof WhoisAnswer>
