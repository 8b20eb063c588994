import assert from 'node:assert/strict'
import type { Locator, Page } from '../browser.ts'
import type { Person } from '../person.ts'

/** Signs in by the form, until the list of rooms is there. */
export async function signIn({ page }: Person, site: string, user: string): Promise<void> {
  await page.goto(`${site}/#/login`)
  await page.locator('#mx_LoginForm_username').fill(user)
  await page.locator('#mx_LoginForm_password').fill(`pw-${user}`)
  await page.locator('.mx_Login_submit').click()
}

/** Makes a room by the dialog and shows it. */
export async function createRoom({ page }: Person, name: string, how: { encrypted: boolean }): Promise<void> {
  await page.getByRole('button', { name: 'Add room' }).click()
  await page.getByRole('menuitem', { name: 'New room' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  if (!how.encrypted) await page.getByRole('switch', { name: 'Enable end-to-end encryption' }).click()
  await page.getByRole('button', { name: 'Create room' }).click()
  await page.locator('.mx_NewRoomIntro').waitFor()
  if (how.encrypted) await page.getByText('Encryption enabled').waitFor()
}

/** Finds `user` in the directory of users and invites them. */
export async function invite({ page }: Person, user: string): Promise<void> {
  await page.locator('.mx_NewRoomIntro_inviteButton').click()
  await page.getByTestId('invite-dialog-input').fill(user)
  await page.locator('.mx_InviteDialog_tile--room', { hasText: user }).first().click()
  await page.locator('.mx_InviteDialog_goButton').click()
  await page.locator('.mx_InviteDialog_goButton').waitFor({ state: 'detached' })
}

export async function acceptInvite({ page }: Person, room: string): Promise<void> {
  await openRoom(page, room)
  await page.getByRole('button', { name: 'Accept' }).click()
  await page.locator('.mx_BasicMessageComposer_input').waitFor()
}

export function openRoom(page: Page, room: string): Promise<void> {
  return page.locator('.mx_RoomTile', { hasText: room }).click()
}

export async function write({ page }: Person, text: string): Promise<void> {
  await page.locator('.mx_RoomView_body .mx_BasicMessageComposer_input').click()
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

/** The message with `text` in the room's timeline, decrypted. */
export function message(page: Page, text: string): Locator {
  return page.locator('.mx_RoomView_body .mx_EventTile', { hasText: text }).last()
}

export async function sees({ page }: Person, text: string): Promise<void> {
  await message(page, text).locator('.mx_EventTile_body', { hasText: text }).waitFor()
}

async function action(page: Page, text: string, name: string): Promise<void> {
  await message(page, text).hover()
  await message(page, text).getByRole('button', { name, exact: true }).click()
}

export async function edit(person: Person, text: string, added: string): Promise<void> {
  await action(person.page, text, 'Edit')
  await person.page.keyboard.press('End')
  await person.page.keyboard.type(added)
  await person.page.keyboard.press('Enter')
}

export async function react({ page }: Person, text: string): Promise<void> {
  await action(page, text, 'React')
  await page.locator('.mx_EmojiPicker').getByRole('button', { name: '👍️' }).first().click()
}

export async function seesReaction({ page }: Person, text: string): Promise<void> {
  await message(page, text).locator('.mx_ReactionsRowButton').waitFor()
}

export async function upload({ page }: Person, name: string, png: Buffer): Promise<void> {
  await page
    .locator('.mx_RoomView_body input[type=file]')
    .first()
    .setInputFiles({ name, mimeType: 'image/png', buffer: png })
  await page.getByRole('button', { name: 'Upload' }).click()
}

/** The picture in the timeline has been fetched, decrypted, and has pixels. */
export async function seesPicture({ page }: Person, name: string, width: number): Promise<void> {
  const image = page.locator(`.mx_MImageBody img[alt="${name}"]`).last()
  await image.waitFor()
  const seen = await image.evaluate(async (element: HTMLImageElementLike) => {
    await element.decode()
    return element.naturalWidth
  })
  assert.equal(await seen, width)
}

interface HTMLImageElementLike {
  decode(): Promise<void>
  naturalWidth: number
}

export async function answerInThread({ page }: Person, text: string, answer: string): Promise<void> {
  await action(page, text, 'Reply in thread')
  await page.locator('.mx_ThreadView .mx_BasicMessageComposer_input').click()
  await page.keyboard.type(answer)
  await page.keyboard.press('Enter')
  await page.locator('.mx_ThreadView .mx_EventTile_body', { hasText: answer }).waitFor()
}

/** The message shows its thread's last answer; opened, the thread shows it too. */
export async function readsThread({ page }: Person, text: string, answer: string): Promise<void> {
  const summary = message(page, text).locator('.mx_ThreadSummary', { hasText: answer })
  await summary.waitFor()
  await summary.click()
  await page.locator('.mx_ThreadView .mx_EventTile_body', { hasText: answer }).waitFor()
}

/** How many messages a search in the room finds for `term`. */
export async function search({ page }: Person, term: string): Promise<number> {
  await page.getByRole('button', { name: 'Room info' }).first().click()
  await page.locator('.mx_RoomSummaryCard_search input').fill(term)
  await page.keyboard.press('Enter')
  await page.locator('.mx_RoomView_searchResultsPanel .mx_EventTile_searchHighlight').first().waitFor()
  return page.locator('.mx_RoomView_searchResultsPanel .mx_EventTile_searchHighlight').count()
}

/** Sets secret storage and key backup up with a new key, which it gives back. */
export async function setUpBackup({ page }: Person): Promise<string> {
  const toast = page.locator('.mx_Toast_toast', { hasText: 'Set up Secure Backup' })
  await toast.getByRole('button', { name: 'Continue' }).click()
  await page.locator('.mx_Dialog_primary', { hasText: 'Continue' }).click()
  const key = (await page.locator('.mx_CreateSecretStorageDialog_recoveryKey').textContent()) ?? ''
  await page.locator('.mx_CreateSecretStorageDialog_recoveryKeyButtons_copyBtn').click()
  await page.locator('.mx_Dialog_primary', { hasText: 'Continue' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  return key
}

/** On a new session: proves by the key of the secret storage that it is one of the same person's. */
export async function verifyByKey({ page }: Person, key: string): Promise<void> {
  await page.getByRole('button', { name: 'Verify with Security Key' }).click()
  await page.locator('.mx_AccessSecretStorageDialog input[type=password]').fill(key)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
}
