import { test } from 'node:test'
import { ALICE, BOB, CAROL, memberDraft, TestRoom, versions } from './test-room.ts'

const DAVE = '@dave:two.test'
const MEMBERSHIPS = [undefined, 'invite', 'join', 'leave', 'ban', 'knock'] as const

function roomWith(version: string, target: string, membership: string | undefined): TestRoom {
  const room = new TestRoom(version)
  return membership === undefined ? room : room.member(target, membership)
}

for (const version of versions(1)) {
  const number = Number(version)

  test(`v${version}: a membership event has a target and a known membership`, () => {
    const room = new TestRoom(version).joinRule('public')

    room.refuses({ type: 'm.room.member', sender: BOB, content: { membership: 'join' } }, 'bad-member-event')
    room.refuses({ type: 'm.room.member', sender: BOB, stateKey: BOB }, 'bad-member-event')
    room.refuses(memberDraft(BOB, 'lurk'), 'bad-member-event')
    room.refuses({ ...memberDraft(BOB, ''), content: { membership: ['join'] } }, 'bad-member-event')
  })

  test(`v${version}: the creator joins right after the create event, nobody else does`, () => {
    const room = new TestRoom(version).without('m.room.member', ALICE)
    const create = room.lookup('m.room.create', '')?.eventId ?? ''

    room.allows({ ...memberDraft(ALICE, 'join'), prevEvents: [create] })
    room.refuses({ ...memberDraft(BOB, 'join'), prevEvents: [create] }, 'not-invited')
    room.refuses({ ...memberDraft(ALICE, 'join'), prevEvents: ['$other'] }, 'not-invited')
    room.refuses({ ...memberDraft(ALICE, 'join'), prevEvents: [create, '$other'] }, 'not-invited')
  })

  test(`v${version}: joining by join rule and membership`, () => {
    for (const rule of [
      undefined,
      'invite',
      'public',
      'private',
      'knock',
      'restricted',
      'knock_restricted',
    ]) {
      for (const membership of MEMBERSHIPS) {
        const room = roomWith(version, CAROL, membership)
        if (rule !== undefined) room.joinRule(rule)
        const isKnown =
          rule === undefined ||
          rule === 'invite' ||
          (rule === 'knock' && number >= 7) ||
          (rule === 'restricted' && number >= 8) ||
          (rule === 'knock_restricted' && number >= 10)
        const isRestricted = rule === 'restricted' || rule === 'knock_restricted'
        const isExpected = membership === 'invite' || membership === 'join'

        if (membership === 'ban') room.refuses(memberDraft(CAROL, 'join'), 'banned')
        else if (rule === 'public' || (isKnown && isExpected)) room.allows(memberDraft(CAROL, 'join'))
        else if (!isKnown) room.refuses(memberDraft(CAROL, 'join'), 'join-rule')
        else room.refuses(memberDraft(CAROL, 'join'), isRestricted ? 'authoriser-not-allowed' : 'not-invited')
      }
    }
  })

  test(`v${version}: nobody joins for somebody else`, () => {
    const room = new TestRoom(version).joinRule('public')

    room.refuses(memberDraft(ALICE, 'join', BOB), 'join-for-another')
  })

  test(`v${version}: inviting needs a joined sender, the invite level and a target who is out`, () => {
    for (const membership of MEMBERSHIPS) {
      const room = roomWith(version, CAROL, membership).powerLevels({ invite: 10, users: { [BOB]: 10 } })
      const invite = memberDraft(BOB, 'invite', CAROL)

      room.refuses(invite, 'sender-not-joined')
      room.member(BOB, 'join')
      if (membership === 'join') room.refuses(invite, 'already-in-room')
      else if (membership === 'ban') room.refuses(invite, 'banned')
      else room.allows(invite)
      room.member(DAVE, 'join').refuses(memberDraft(DAVE, 'invite', '@new:one.test'), 'insufficient-power')
    }
  })

  test(`v${version}: everybody may invite where no level is set`, () => {
    new TestRoom(version).member(BOB, 'join').allows(memberDraft(BOB, 'invite', CAROL))
  })

  test(`v${version}: leaving takes being in`, () => {
    for (const membership of MEMBERSHIPS) {
      const room = roomWith(version, CAROL, membership)
      const isIn = membership === 'join' || membership === 'invite' || (membership === 'knock' && number >= 7)

      if (isIn) room.allows(memberDraft(CAROL, 'leave'))
      else room.refuses(memberDraft(CAROL, 'leave'), 'not-in-room')
    }
  })

  test(`v${version}: kicking needs the kick level and more power than the target`, () => {
    const room = new TestRoom(version).member(BOB, 'join').member(CAROL, 'join').member(DAVE, 'join')
    room.powerLevels({ kick: 40, users: { [BOB]: 40, [CAROL]: 40, [DAVE]: 39 } })

    room.allows(memberDraft(BOB, 'leave', DAVE))
    room.refuses(memberDraft(BOB, 'leave', CAROL), 'insufficient-power')
    room.refuses(memberDraft(DAVE, 'leave', '@guest:one.test'), 'insufficient-power')
    room.member(BOB, 'invite').refuses(memberDraft(BOB, 'leave', DAVE), 'sender-not-joined')
  })

  test(`v${version}: an invite is revoked by a kick`, () => {
    const room = new TestRoom(version).member(BOB, 'join').member(CAROL, 'invite')
    room.powerLevels({ users: { [BOB]: 50 } })

    room.allows(memberDraft(BOB, 'leave', CAROL))
    room.member(DAVE, 'join').refuses(memberDraft(DAVE, 'leave', CAROL), 'insufficient-power')
  })

  test(`v${version}: unbanning needs the kick level, the ban level and more power than the target`, () => {
    const levels = (kick: number, ban: number, target: number) =>
      new TestRoom(version)
        .member(BOB, 'join')
        .member(CAROL, 'ban')
        .powerLevels({ kick, ban, users: { [BOB]: 50, [CAROL]: target } })
    const unban = memberDraft(BOB, 'leave', CAROL)

    levels(50, 50, 49).allows(unban)
    levels(50, 51, 0).refuses(unban, 'insufficient-power')
    levels(51, 50, 0).refuses(unban, 'insufficient-power')
    levels(50, 50, 50).refuses(unban, 'insufficient-power')
    levels(0, 0, 0).refuses(memberDraft(CAROL, 'leave'), 'not-in-room')
  })

  test(`v${version}: banning needs the ban level and more power than the target`, () => {
    for (const membership of MEMBERSHIPS) {
      const room = roomWith(version, CAROL, membership).member(BOB, 'join')

      room.powerLevels({ ban: 40, users: { [BOB]: 40, [CAROL]: 39 } })
      room.allows(memberDraft(BOB, 'ban', CAROL))
      room.powerLevels({ ban: 41, users: { [BOB]: 40 } })
      room.refuses(memberDraft(BOB, 'ban', CAROL), 'insufficient-power')
      room.powerLevels({ ban: 40, users: { [BOB]: 40, [CAROL]: 40 } })
      room.refuses(memberDraft(BOB, 'ban', CAROL), 'insufficient-power')
      room.member(BOB, 'leave').refuses(memberDraft(BOB, 'ban', CAROL), 'sender-not-joined')
    }
  })

  test(`v${version}: knocking takes a room that allows it and a user who is out`, () => {
    for (const rule of [undefined, 'invite', 'public', 'knock', 'restricted', 'knock_restricted']) {
      for (const membership of MEMBERSHIPS) {
        const room = roomWith(version, CAROL, membership)
        if (rule !== undefined) room.joinRule(rule)
        const isOpen = rule === 'knock' || (rule === 'knock_restricted' && number >= 10)
        const knock = memberDraft(CAROL, 'knock')

        if (number < 7) room.refuses(knock, 'bad-member-event')
        else if (!isOpen) room.refuses(knock, 'knock-not-allowed')
        else if (membership === 'ban') room.refuses(knock, 'banned')
        else if (membership === 'invite' || membership === 'join') room.refuses(knock, 'already-in-room')
        else room.allows(knock)
      }
    }
  })
}

for (const version of versions(7)) {
  test(`v${version}: nobody knocks for somebody else`, () => {
    const room = new TestRoom(version).joinRule('knock')

    room.refuses(memberDraft(ALICE, 'knock', CAROL), 'knock-for-another')
  })
}

for (const version of versions(8)) {
  const rules = Number(version) >= 10 ? ['restricted', 'knock_restricted'] : ['restricted']
  const join = memberDraft(CAROL, 'join', CAROL, { join_authorised_via_users_server: BOB })

  test(`v${version}: a restricted join is authorised by a joined user who may invite`, () => {
    for (const rule of rules) {
      const room = new TestRoom(version).joinRule(rule).powerLevels({ invite: 10, users: { [BOB]: 10 } })

      room.refuses(join, 'authoriser-not-allowed')
      room.member(BOB, 'join').allows(join)
      room.powerLevels({ invite: 11, users: { [BOB]: 10 } }).refuses(join, 'authoriser-not-allowed')
      room.member(CAROL, 'invite').allows(memberDraft(CAROL, 'join'))
      room.member(CAROL, 'ban').refuses(join, 'banned')
    }
  })

  test(`v${version}: the server of the authorising user must have signed, whatever the membership`, () => {
    const room = new TestRoom(version).joinRule('restricted').member(BOB, 'join')
    const asked: string[] = []
    const answer = (verdict: boolean) => ({
      isSignedBy: (_event: unknown, server: string) => {
        asked.push(server)
        return verdict
      },
    })

    room.allows(join, answer(true))
    room.refuses(join, 'not-signed-by-authoriser', answer(false))
    const leave = memberDraft(BOB, 'leave', BOB, { join_authorised_via_users_server: ALICE })
    room.refuses(leave, 'not-signed-by-authoriser', answer(false))
    for (const server of asked) if (server !== 'one.test') throw new Error(`asked for ${server}`)
  })

  test(`v${version}: an authorising user who is no user is refused`, () => {
    const room = new TestRoom(version).joinRule('public')

    room.refuses(
      memberDraft(CAROL, 'join', CAROL, { join_authorised_via_users_server: 'nobody' }),
      'not-signed-by-authoriser',
    )
    room.refuses(
      memberDraft(CAROL, 'join', CAROL, { join_authorised_via_users_server: 1 }),
      'not-signed-by-authoriser',
    )
  })
}

test('v1–7: the authorising user means nothing', () => {
  for (const version of versions(1, 7)) {
    const room = new TestRoom(version).joinRule('public')
    const join = memberDraft(CAROL, 'join', CAROL, { join_authorised_via_users_server: 'nobody' })

    room.allows(join, { isSignedBy: () => false })
  }
})

test('v12: creators remove and ban anyone but each other', () => {
  const room = new TestRoom('12', { additional_creators: [BOB] })
    .member(BOB, 'join')
    .member(CAROL, 'join')
    .powerLevels({ kick: 9007199254740991, ban: 9007199254740991, users: { [CAROL]: 9007199254740991 } })

  for (const membership of ['leave', 'ban']) {
    room.allows(memberDraft(ALICE, membership, CAROL))
    room.allows(memberDraft(BOB, membership, CAROL))
    room.refuses(memberDraft(ALICE, membership, BOB), 'insufficient-power')
    room.refuses(memberDraft(BOB, membership, ALICE), 'insufficient-power')
    room.refuses(memberDraft(CAROL, membership, BOB), 'insufficient-power')
  }
})

test('v1–11: with power levels the creator is a user like any other', () => {
  for (const version of versions(1, 11)) {
    const room = new TestRoom(version).member(BOB, 'join').powerLevels({ users: { [BOB]: 100 } })

    room.allows(memberDraft(BOB, 'ban', ALICE))
    room.refuses(memberDraft(ALICE, 'ban', BOB), 'insufficient-power')
  }
})
