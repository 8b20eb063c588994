import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Person } from '../person.ts'
import * as element from './steps.ts'

const PICTURE = join(import.meta.dirname, 'page/picture.png')
const PICTURE_WIDTH = 320

export interface Walk {
  site: string
  open: (name: string) => Promise<Person>
  /** Tells what comes next. */
  step: (what: string) => void
}

/** Two people meet in an encrypted room, and one of them comes back at another browser. */
export async function walk({ site, open, step }: Walk): Promise<void> {
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
  await again.picture('4-second-session')
}
