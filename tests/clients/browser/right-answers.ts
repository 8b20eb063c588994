import assert from 'node:assert/strict'
import { type Person, UNREAD } from './person.ts'

/** Answers of the server that are no success and right all the same. */
const RIGHT: Record<string, string> = {
  '404 GET /_matrix/client/unstable/org.matrix.msc2965/auth_issuer M_UNRECOGNIZED':
    'asks whether accounts are at an OpenID provider: they are not',
  '404 GET /_matrix/client/unstable/org.matrix.msc2697.v2/dehydrated_device M_UNRECOGNIZED':
    'the first draft of dehydrated devices, which MSC3814 replaced',
  '404 GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device M_NOT_FOUND': 'there is none yet',
  '404 GET /_matrix/client/v3/room_keys/version M_NOT_FOUND': 'there is no backup yet',
  '403 GET /_synapse/admin/v1/users/…/admin M_FORBIDDEN':
    'asks whether the person is an administrator: they are not',
  '404 GET /_matrix/client/v3/profile/…/us.cloke.msc4175.tz M_NOT_FOUND': 'nobody has said their time zone',
  '404 GET /_matrix/client/v3/directory/room/… M_NOT_FOUND': 'asks whether an address is free: it is',
  '401 DELETE /_matrix/client/v3/devices/… (no errcode)': 'the password is asked for',
  '401 POST /_matrix/client/v3/delete_devices (no errcode)': 'the password is asked for',
  '404 GET /_matrix/client/v3/thirdparty/user/im.vector.protocol.sip_virtual M_NOT_FOUND':
    'asks for a telephone number of the other: there is no bridge that had one',
  '403 GET /_matrix/client/v3/rooms/…/members M_FORBIDDEN':
    'asks for the members of a room before the invitation to it was accepted',
}

const SESSION_ENDED = /^401 .* (M_UNKNOWN_TOKEN|\(not read\))$/

/** What a page throws for an answer that is right. */
const KNOWN_ERRORS = /^MatrixError: M_FORBIDDEN: .*is not in room|^M_FORBIDDEN/

/** Fails unless each answer that was no success is one of those above, and no page threw anything else. */
export function checkAnswers(people: readonly Person[]): void {
  const wrong = people.flatMap(({ name, refusals, errors, mayLoseSession }) => [
    ...refusals
      .filter((what) => !isRight(what) && !(mayLoseSession && SESSION_ENDED.test(what)))
      .map((what) => `${name}: ${what}`),
    ...errors.filter((error) => !KNOWN_ERRORS.test(error)).map((error) => `${name}: ${error}`),
  ])
  assert.deepEqual(wrong, [], 'answers or errors in the browsers that are not known to be right')
}

/** Of an answer that a page could not read any more, as it went elsewhere, status and path count. */
function isRight(what: string): boolean {
  if (!what.endsWith(UNREAD)) return RIGHT[what] !== undefined
  const start = what.slice(0, -UNREAD.length)
  return Object.keys(RIGHT).some((right) => right.startsWith(start))
}
