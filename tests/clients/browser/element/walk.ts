import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Person } from '../person.ts'
import * as element from './steps.ts'
import * as more from './steps-more.ts'

const PICTURE = join(import.meta.dirname, 'page/picture.png')
const PICTURE_WIDTH = 320

export interface Walk {
  site: string
  open: (name: string) => Promise<Person>
  /** Tells what comes next. */
  step: (what: string) => void
}

interface People {
  alice: Person
  bob: Person
  /** Alice at another browser. */
  again: Person
}

export async function walk(through: Walk): Promise<void> {
  const people = await encryptedRoom(through)
  await otherRooms(through, people)
  await account(through, people)
}

/** Two people meet in an encrypted room, and one of them comes back at another browser. */
async function encryptedRoom({ site, open, step }: Walk): Promise<People> {
  step('log in at two browsers')
  const [alice, bob] = await Promise.all([open('alice'), open('bob')])
  await Promise.all([element.signIn(alice, site, 'alice'), element.signIn(bob, site, 'bob')])

  step('make an encrypted room, invite, accept')
  await element.createRoom(alice, 'Secret garden', { encrypted: true })
  await element.invite(alice, '@bob:ranvier.test')
  await element.acceptInvite(bob, 'Secret garden')

  step('send and receive, react, edit')
  await element.write(alice, 'Hello Bob, this is secret')
  await element.sees(bob, 'Hello Bob, this is secret')
  await element.write(bob, 'Hello Alice')
  await element.sees(alice, 'Hello Alice')
  await element.react(alice, 'Hello Alice')
  await element.seesReaction(bob, 'Hello Alice')
  await element.edit(bob, 'Hello Alice', ', dear')
  await element.sees(alice, 'Hello Alice, dear')

  step('upload a picture')
  await element.upload(alice, 'meadow.png', readFileSync(PICTURE))
  await element.seesPicture(bob, 'meadow.png', PICTURE_WIDTH)
  await Promise.all([alice.picture('1-encrypted-room'), bob.picture('1-encrypted-room')])

  step('answer in a thread')
  await element.answerInThread(bob, 'Hello Bob, this is secret', 'Said in a thread')
  await element.readsThread(alice, 'Hello Bob, this is secret', 'Said in a thread')
  await Promise.all([alice.picture('2-thread'), bob.picture('2-thread')])

  step('search in a room that is not encrypted')
  await element.createRoom(alice, 'Open meadow', { encrypted: false })
  await element.write(alice, 'The needle lies here')
  await element.sees(alice, 'The needle lies here')
  await element.write(alice, 'Only hay in this one')
  await element.sees(alice, 'Only hay in this one')
  assert.equal(await element.search(alice, 'needle'), 1)
  await alice.picture('3-search')

  step('back keys up, log in again, verify by the key, read what was said before')
  const key = await element.setUpBackup(alice)
  const again = await open('alice-again')
  await element.signIn(again, site, 'alice')
  await element.verifyByKey(again, key)
  await element.openRoom(again.page, 'Secret garden')
  await element.sees(again, 'Hello Bob, this is secret')
  await element.seesPicture(again, 'meadow.png', PICTURE_WIDTH)
  await again.picture('4-second-session')
  return { alice, bob, again }
}

/** The same two talk alone, know each other for sure, and meet in a public room and a space. */
async function otherRooms({ step }: Walk, { alice, bob }: People): Promise<void> {
  step('begin a conversation, verify each other by emoji')
  await Promise.all([more.clearHints(alice), more.clearHints(bob)])
  await more.startChat(alice, '@bob:ranvier.test')
  await element.write(alice, 'Just for you')
  await more.acceptChat(bob, 'alice')
  await element.sees(bob, 'Just for you')
  await element.write(bob, 'And for you')
  await element.sees(alice, 'And for you')
  const [one, other] = await more.verifyEachOther(alice, bob, 'And for you')
  assert.equal(one, other)

  step('make a public room, find it in the directory, join')
  await more.createPublicRoom(alice, 'Town square', 'square')
  await element.write(alice, 'Welcome, everybody')
  await more.clearHints(bob)
  await more.joinByDirectory(bob, 'square', 'Town square')
  await element.sees(bob, 'Welcome, everybody')
  await bob.picture('6-public-room')

  step('make a space with a room')
  await more.clearHints(alice)
  await more.createSpace(alice, 'Family', 'Town square')
  await alice.picture('7-space')
}

/** One of them changes how others see them, and ends a session with the password. */
async function account({ step }: Walk, { alice, bob, again }: People): Promise<void> {
  step('change name and picture')
  await more.openSettings(alice)
  await more.rename(alice, 'Alice Liddell')
  await more.changeAvatar(alice, readFileSync(PICTURE))
  await bob.page.locator('.mx_RoomTile', { hasText: 'Alice Liddell' }).waitFor()
  await alice.picture('8-settings')

  step('end the other session')
  again.mayLoseSession = true
  await more.endOtherSessions(alice, 'pw-alice')
  await more.isSignedOut(again)
  await alice.picture('9-sessions')
  await again.picture('9-signed-out')
}
