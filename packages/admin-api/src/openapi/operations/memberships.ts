import { ForcedMembership, ForceMembershipBody } from '../../memberships.ts'
import type { Operations } from '../operation.ts'
import { malformedUser } from './shared.ts'

/** Who is in rooms, by the server's will. Our own call. */
export const membershipOperations = {
  forceMembership: {
    method: 'POST',
    path: '/_ranvier/admin/v1/rooms/:roomIdOrAlias/members/:userId',
    tag: 'Rooms',
    area: 'rooms',
    summary: 'Kick, ban or unban a user, or make one leave',
    description:
      'In your name if you are in the room and may, else in that of the most powerful user of this server who is. A user of this server whom nobody may kick leaves instead.',
    params: {
      roomIdOrAlias: 'Id of the room, or an alias of it',
      userId: 'Full id of the user, also of other servers',
    },
    body: ForceMembershipBody,
    answers: { 200: { when: 'Done, or there was nothing to do', schema: ForcedMembership } },
    errors: [
      malformedUser,
      [400, 'M_UNKNOWN', 'What stands for the room is none, or `leave` of a user of another server'],
      [403, 'M_FORBIDDEN', 'Nobody of this server who is in the room may do it'],
      [404, 'M_NOT_FOUND', 'No such room'],
    ],
  },
} as const satisfies Operations
