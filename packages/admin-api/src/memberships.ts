import { type Static, Type } from './schema.ts'

/** `POST /_ranvier/admin/v1/rooms/{room_id_or_alias}/members/{user_id}` */
export const ForceMembershipBody = Type.Object({
  action: Type.Union(
    [Type.Literal('kick'), Type.Literal('ban'), Type.Literal('unban'), Type.Literal('leave')],
    {
      description: '`leave`: as if the user had left; the others in the name of whoever of this server may',
    },
  ),
  reason: Type.Optional(Type.String({ description: 'What the room is told' })),
})

export const ForcedMembership = Type.Object({
  room_id: Type.String({ description: 'Id of the room' }),
  user_id: Type.String({ description: 'Whose membership it is' }),
  changed: Type.Boolean({ description: 'false: there was nothing to do' }),
  event_id: Type.Optional(Type.String({ description: 'The event that did it' })),
  sender: Type.Optional(Type.String({ description: 'In whose name it was done' })),
})
export type ForcedMembership = Static<typeof ForcedMembership>
