import { link, type Mail, renderBlocks, say } from '../mail.ts'

interface AboutMail {
  to: string
  subject: string
  appName: string
}

/** Lets somebody who has forgotten their password set a new one. */
export function passwordResetMail(about: AboutMail & { url: string }): Mail {
  return mailOf(about, [
    say('Somebody, probably you, wants to set a new password for the account with this address.'),
    link('Confirm that it was you', about.url),
    say('Then go back to where you asked for it. If it was not you, do not open the link; nothing changes.'),
  ])
}

/** Proves that an address belongs to who registers with it, or adds it to their account. */
export function validationMail(about: AboutMail & { url: string }): Mail {
  return mailOf(about, [
    say('Somebody, probably you, has given this address to go with their account.'),
    link('Confirm the address', about.url),
    say('If it was not you, do not open the link; nothing happens then.'),
  ])
}

/** For who registers with an address that has an account: they are told here, and not where others would see. */
export function addressInUseMail(about: AboutMail): Mail {
  return mailOf(about, [
    say('Somebody, probably you, has tried to make an account with this address.'),
    say(
      'There is one with it already. If you have forgotten its password, ask for a new one where you log in.',
    ),
    say('If it was not you, there is nothing you have to do.'),
  ])
}

function mailOf({ to, subject, appName }: AboutMail, blocks: Parameters<typeof renderBlocks>[1]): Mail {
  return { to, subject, ...renderBlocks(subject, blocks, appName) }
}
