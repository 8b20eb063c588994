import { link, type Mail, renderBlocks, say } from '../mail.ts'

/** Asks whether somebody still wants their account. `expirationTs` in ms since epoch. */
export function renewalMail(about: {
  to: string
  subject: string
  appName: string
  userId: string
  expirationTs: number
  url: string
}): Mail {
  const { to, subject, appName, userId, expirationTs, url } = about
  const date = new Date(expirationTs).toISOString().slice(0, 10)
  const blocks = [
    say(`Your account ${userId} can be used until ${date}.`),
    say('To go on using it, open this link:'),
    link('Renew my account', url),
    say('If you no longer want the account, there is nothing you have to do.'),
  ]
  return { to, subject, ...renderBlocks(subject, blocks, appName) }
}
