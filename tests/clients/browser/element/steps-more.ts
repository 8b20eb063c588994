import type { Person } from '../person.ts'
import { message } from './steps.ts'

/** Opens a conversation with `user`, which is encrypted, by finding them in the directory; waits until it is a room. */
export async function startChat({ page }: Person, user: string): Promise<void> {
  await page.getByRole('button', { name: 'Start chat' }).first().click()
  await page.getByTestId('invite-dialog-input').fill(user)
  await page.locator('.mx_InviteDialog_tile--room', { hasText: user }).first().click()
  await page.locator('.mx_InviteDialog_goButton').click()
  await page.locator('.mx_RoomView_body .mx_BasicMessageComposer_input').waitFor()
}

export async function acceptChat({ page }: Person, from: string): Promise<void> {
  await page.locator('.mx_RoomTile', { hasText: from }).click()
  await page.getByRole('button', { name: 'Start chatting' }).click()
  await page.locator('.mx_RoomView_body .mx_BasicMessageComposer_input').waitFor()
}

/** Two people compare emoji; what each of them was shown. `said` is a message of the other's. */
export async function verifyEachOther(by: Person, other: Person, said: string): Promise<(string | null)[]> {
  await message(by.page, said).locator('.mx_EventTile_avatar').first().click()
  await by.page.locator('.mx_UserInfo_verifyButton').click()
  await by.page.getByRole('button', { name: 'Start Verification' }).click()
  await other.page.getByRole('button', { name: 'Verify User' }).click()
  await by.page.getByRole('button', { name: 'Verify by emoji' }).click()
  const pages = [by.page, other.page]
  const shown = await Promise.all(
    pages.map((page) => page.locator('.mx_VerificationShowSas_emojiSas').first().textContent()),
  )
  await by.picture('5-emoji')
  await Promise.all(pages.map((page) => page.getByRole('button', { name: 'They match' }).click()))
  await Promise.all(pages.map((page) => page.getByRole('button', { name: 'Got it' }).click()))
  return shown
}

/** Makes a room that everybody may join, with the address `#<address>:…`; the client publishes it in the directory. */
export async function createPublicRoom({ page }: Person, name: string, address: string): Promise<void> {
  await page.getByRole('button', { name: 'Add room' }).click()
  await page.getByRole('menuitem', { name: 'New room' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.locator('.mx_JoinRuleDropdown').click()
  await page.getByRole('option', { name: 'Public room' }).click()
  await page.getByRole('textbox', { name: 'Room address' }).fill(address)
  await page.getByRole('button', { name: 'Create room' }).click()
  await page.locator('.mx_NewRoomIntro').waitFor()
}

export async function joinByDirectory({ page }: Person, term: string, room: string): Promise<void> {
  await page.getByRole('button', { name: 'Explore rooms' }).first().click()
  await page.locator('.mx_SpotlightDialog input').first().fill(term)
  const found = page.locator('.mx_SpotlightDialog_option', { hasText: room }).first()
  await found.getByRole('button', { name: 'Join' }).click()
}

/** Makes a private space with one of the rooms in it; its page lists the room as the server's hierarchy does. */
export async function createSpace({ page }: Person, name: string, room: string): Promise<void> {
  await page.getByRole('button', { name: 'Create a space' }).click()
  await page.getByRole('button', { name: 'Private' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('button', { name: 'Just me' }).click()
  await page.locator('.mx_AddExistingToSpace_entry', { hasText: room }).click()
  await page.locator('.mx_SpaceRoomView').getByRole('button', { name: 'Add', exact: true }).click()
  await page.locator('.mx_SpaceHierarchy_roomTile', { hasText: room }).waitFor()
}

export async function openSettings({ page }: Person): Promise<void> {
  await page.getByRole('button', { name: 'User menu' }).click()
  await page.getByRole('menuitem', { name: 'All settings' }).click()
}

export async function rename({ page }: Person, name: string): Promise<void> {
  const profile = page.locator('.mx_UserProfileSettings')
  await profile.locator('input:not([type=file])').first().fill(name)
  await profile.getByRole('button', { name: 'Save' }).click()
}

export async function changeAvatar({ page }: Person, png: Buffer): Promise<void> {
  const profile = page.locator('.mx_UserProfileSettings')
  await profile
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png })
  await profile.locator('img').first().waitFor()
}

/** In the list of sessions: signs all but this one out, with the password. */
export async function endOtherSessions({ page }: Person, password: string): Promise<void> {
  await page.getByRole('tab', { name: 'Sessions' }).click()
  await page.getByTestId('current-session-menu').click()
  // The dialog lies over its own menu.
  const endAll = page.getByRole('menuitem', { name: /^Sign out of all other sessions/ })
  await endAll.evaluate((element: { click(): void }) => element.click())
  await page.getByRole('button', { name: 'Sign out' }).last().click()
  await page.locator('.mx_InteractiveAuthEntryComponents_passwordSection input[type=password]').fill(password)
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** The page noticed by itself that its session has ended. */
export async function isSignedOut({ page }: Person): Promise<void> {
  await page
    .getByText('this session has been signed out')
    .or(page.locator('#mx_LoginForm_username'))
    .first()
    .waitFor()
}

/** Puts hints away, which lie over the list of rooms. */
export async function clearHints({ page }: Person): Promise<void> {
  const away = page.getByRole('button', { name: /^(OK|Later|Dismiss|Yes, it was me)$/ })
  while (await away.first().isVisible()) await away.first().click()
}
