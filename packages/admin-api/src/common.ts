import { type Static, Type } from './schema.ts'

/** What calls answer that have nothing to say. */
export const Empty = Type.Object({}, { additionalProperties: false })
export type Empty = Static<typeof Empty>

/** `GET /v1/server_version` */
export const ServerVersion = Type.Object({
  server_version: Type.String({ description: '`Ranvier` and its version' }),
})
export type ServerVersion = Static<typeof ServerVersion>

/** Every error. Spec: CS API §Standard error response */
export const MatrixErrorAnswer = Type.Object({
  errcode: Type.String({ description: 'What went wrong, for programs' }),
  error: Type.String({ description: 'The same for people' }),
})
