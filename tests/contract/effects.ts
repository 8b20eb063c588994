import type { Proof } from './rows/files.ts'

type Section = Readonly<Record<string, Proof>>

/** What holds for every call alike. */
const common: Readonly<Record<string, Section>> = {
  '0.1 who may ask': {
    'one token, in the header or in the query':
      'contractServer › a token is taken from the header or from the query, once',
    soft_logout: 'contractServer › whose token has ended is told whether to log in again',
    'the order: token, flag, path, query, body':
      'administrators › are told apart from others before anything else is looked at',
    'the flag works at once': 'administrators › are made, and unmade, by an UPDATE on the running server',
    'puppets have the rights of the user': 'loginAsUser › gives no rights over the server but the user’s own',
    'application services act as their users':
      'appservice › an application service acts as its sender, or as a user of its own',
  },
  '0.2 routing': {
    '404, 405, HEAD, OPTIONS, CORS, encoded paths':
      'contractServer › paths are found by any method there is, raw or encoded, and others are not',
  },
  '0.3 parameters': {
    'integers, repeated and unknown ones': 'contractServer › parameters are read as they always were',
    '413 M_TOO_LARGE': 'contractServer › a body that is too large is refused before it is sent',
  },
  '0.4 habit C': { 'no check at all': 'smallCalls › what is asked about rooms, anybody may be asked about' },
  '0.6 truth values': { 'compat 2021': 'put › clients of 2021 are sent ones and noughts' },
  '14 beyond the admin API': {
    'profiles of others': 'administrators › set the profile of anybody',
    'no more rights in rooms': 'administrators › have no more rights in rooms than others',
    'aliases, the room list':
      'audit › what only an administrator may do in the client API is recorded, and their log-ins',
    'invites where only administrators invite':
      'writes › who takes no invites gets none, and where only administrators invite nobody else does',
    'files in quarantine':
      'contractMedia › what is in quarantine is for administrators who insist, and for nobody else',
  },
}

/** What the calls for accounts do to the world, as everybody in it sees it. */
const seen: Readonly<Record<string, Section>> = {
  'deactivate, step by step': {
    'unbound at identity servers, or not at all (2)':
      'unbind › who closes their account is unbound first; if that cannot be, the account stays',
    'threepids, devices, keys, tokens, password, pushers, data (3–7, 13, 14)':
      'deactivate › by … takes away everything private before it answers',
    'no row of the user is left':
      'deactivateDb › a deactivated account keeps what others saw of it, and nothing of its own',
    'out of the directory (9)':
      'people › are in the directory unless deactivated or locked, and again when that is over',
    'erased profile (10)':
      'erase › takes the names out of the profile and out of the member events of the rooms',
    'invites and knocks turned down, rooms left and forgotten (11, 15)':
      'deactivate › leaves the rooms in the background, turns invites and knocks down, and forgets them',
    'one room that fails (15)': 'erase › does not let one room that cannot be left stop the others',
    'again, and turned into erasure': 'deactivate › can be repeated, and be turned into erasure',
  },
  'deactivate, what stays': {
    'messages, files, profile, identities, name, flags, limits':
      'deactivate › leaves alone what others have of the account',
    'public cross-signing keys':
      'crossSigning › a deactivated account has no devices and no backups any more; its public keys stay',
  },
  'deactivate, logging in': {
    'password, token, address, after a reset':
      'deactivate › frees the address, hides the account from the list and shuts the doors of logging in',
    'application service':
      'appservice › its users confirm nothing with passwords, and its requests are not seen as theirs',
  },
  'erase, who reads': {
    'present, later; event, messages, context, sync':
      'erase › hides what was said from those who came later, not from those who heard it',
    peeking: 'erase › hides it from those who read without joining',
    search:
      'contractEffects › what an erased user said is found by those who heard it, and by nobody who came later',
    'after a plain deactivation': 'erase › of a deactivated user hides what was said before',
    'redacted instead': 'erase › cannot take from everybody what a … user said, redacting can',
  },
  reactivate: {
    'empty, not erased, invited again': 'deactivate › can be undone: the account is open again, and empty',
    'nothing old in any cache':
      'deactivateDb › an account opened again is empty, and finds no old data in any cache',
    'out of the directory while deactivated':
      'userDirectory › who is renamed, deactivated, of support or opened again is listed accordingly',
  },
  lock: {
    'everything but logging out':
      'lockAndSuspend › a locked user is shut out of everything but logging out, until unlocked',
    'logging out': 'lockAndSuspend › a locked user may call …',
    'directory, show_locked_users':
      'userDirectory › locked accounts are hidden or shown, shadow-banned and suspended ones found as ever',
  },
  suspend: {
    'every row': 'lockAndSuspend › a suspended user may look, be told and go, and change nothing else',
    'what the server does for them':
      'lockAndSuspend › a suspended user can be deactivated: the server leaves the rooms for them',
    'brought into a room': 'contractRooms › a suspended user is not brought into rooms',
    directory:
      'userDirectory › locked accounts are hidden or shown, shadow-banned and suspended ones found as ever',
  },
  'shadow-ban': {
    'send, state, redact, typing, invite, upgrade; kick, ban, unban':
      'shadowBan › drops what others would see, from the sessions there are, and says it was done',
    'before membership and power, after the body':
      'shadowBan › also where others would be refused, but tells of what nobody could ask for',
    'no limit is used up': 'override › are not used up by what a shadow-banned user believes to send',
    'invites of new rooms': 'shadowBan › makes rooms to which nobody is invited',
    'names and pictures': 'shadowBan › keeps a new name out of the rooms, not out of the profile',
    aliases: 'shadowBan › takes an alias away without a word of it in the room',
    'everything else': 'shadowBan › leaves everything else as it is',
    'puppets; who sees the flag':
      'shadowBan › holds for puppets of the user, and shows to administrators only',
    'delayed events': 'contractEffects › what a shadow-banned user lets wait for its time is not sent then',
    'invites by address':
      'contractEffects › who is shadow-banned hears of success when they invite an address, and no identity server is asked',
    'an administrator who is shadow-banned':
      'contractRooms › an administrator who is shadow-banned can bring others into closed rooms',
    'upgrade: 404 and 403 come first':
      'moderated › what a shadow-banned user upgrades, kicks or unlists stays as it was; what they join and leave does not',
  },
  'reset password': {
    'by both calls; no policy':
      'resetPassword › by … logs out and takes keys and pushers away, without asking the policy',
    logout_devices: 'resetPassword › by … with logout_devices false spares sessions and keys',
    'your own; puppets':
      'resetPassword › ends the puppets an administrator holds, and of their own sessions all but the one that asks',
    'NFKC, 72 bytes': 'resetPassword › takes passwords as people type them, up to what bcrypt reads',
    'no passwords': 'resetPassword › is refused where there are no passwords',
  },
  'login as a user': {
    '1, 2, 4, 5': 'loginAsUser › gives a token that is the user, on no device',
    '3': 'loginAsUser › lets others see the user, not the administrator',
    '6, 7, 8': 'loginAsUser › ends with its own log-out and the administrator’s, not with the user’s',
    '9': 'loginAsUser › with /logout/all logs the user out everywhere, and goes on',
    '10': 'loginAsUser › is over when the administrator is deactivated or given a new password',
    '11, 12': 'loginAsUser › works for a deactivated user, not for a locked one',
    '13': 'consent › an administrator who acts as somebody needs to have agreed, not the user',
    '15': 'loginAsUser › ends at the time given',
    '16, 17': 'loginAsUser › is seen by the administrator’s address, in whois and in the log',
    '16, track_puppeted_user_ips':
      'contractEffects › where puppets are tracked, whois shows them with the user',
    '18': 'loginAsUser › gives no rights over the server but the user’s own',
    '19': 'override › are the administrator’s own when acting as a user, but for the limit of messages',
  },
  'rate limits': {
    none: 'override › hold without an override, and say how long to wait',
    'of messages': 'override › of messages are replaced by an override, the others stay',
    '0': 'override › are all lifted by an override of 0, until it is taken away',
    'log-ins are not covered': 'override › of logging in are not the account’s',
    'survives deactivation':
      'moderation › an override of messages is one of messages alone; one of none lifts every limit',
  },
  'becoming an administrator': {
    SQL: 'administrators › are made, and unmade, by an UPDATE on the running server',
    'the calls; not oneself': 'administrators › make others administrators, but do not demote themselves',
    'the command, told everything':
      'administrators › are made by the command, which reads the secret from the configuration',
    'the command, asking': 'administrators › are made by the command, which asks for what it is not told',
    'deactivating oneself': 'administrators › may deactivate themselves',
  },
  'kinds of accounts': {
    'support and bot in the directory; unknown types':
      'people › of type support are in no directory, bots are',
    'consent, of users': 'consent › who has not agreed sends nothing, is told where to agree, and then sends',
    'consent, of bots': 'consent › bots agree to nothing; an older version does not count',
    guests: 'people › of guests are numbered, marked and kept out of what guests may not',
    'guests who become users':
      'contractEffects › a guest who registers keeps the name, and the guest’s token ends',
  },
  'addresses and identities': {
    'log-in in any case; list replaced':
      'people › log in with the addresses an administrator gave them, in any case',
    'moves to the latest': 'people › lose an address to whom it was given last',
    'identities of OpenID providers log in':
      'sso › who comes for the first time gets an account, and later finds it again',
    'identities stay with their owner': 'people › keep an identity of a provider that another account wants',
    'mail for new accounts':
      'contractAccounts › a new account with an address gets mail about events, and none for a telephone number',
  },
  'server notices': {
    'room, tag, invite, leaving':
      'notices › a notice comes in a room of its own, tagged, whose invite cannot be rejected',
    auto_join: 'notices › with a transaction id a notice is sent once; notices at once go to one room',
  },
}

/** What the other chapters do. */
const chapters: Readonly<Record<string, Section>> = {
  'registration tokens': {
    'let in as many as they say': 'registration › a registration token lets as many in as it says',
    'are given back': 'registration › a registration that is given up gives its token back',
    'are told valid or not': 'regTokens › a token that has been used up is not valid any more',
  },
  media: {
    'quarantine, on every path':
      'download › quarantined files are not found by anybody on any path, unless an administrator insists',
    protection: 'download › protected files stay, and a whole user is quarantined but for them',
    'what is used last': 'download › when a file was last used is kept, and written later',
  },
  rooms: {
    'deleted: nothing is left':
      'roomDelete › a deleted room is left by all, gone from every table, and nowhere to be seen',
    'deleted: killed while users leave':
      'roomDeleteKilled › a deletion that is killed while users leave goes on: nobody is lost, and there is one new room',
    'deleted: killed while rows go':
      'roomDeleteKilled › a deletion that is killed while rows are deleted goes on to the last of them',
    blocked: 'roomBlock › nobody comes into a blocked room until it is blocked no longer',
    purged: 'purge › what is older than an event goes, in small pieces; state and what came later stay',
  },
  reports: {
    'of events, by clients': 'reports › reported events are listed, found, shown with the event, and deleted',
    'of rooms and users, by clients': 'reports › rooms and users are reported, users are listed',
    'by whom not': 'reports › what cannot be reported, and no report, have their errcodes',
  },
  'account validity': {
    'expires and is renewed':
      'validity › an account that has expired can log out and nothing else, until an administrator renews it',
    'by mail': 'validity › who expires soon is written to once, and the link renews the account once',
  },
  'background updates': {
    'pause pauses, progress is real':
      'background › background updates are started, paused, watched, and do their work',
  },
}

export const effects: Readonly<Record<string, Section>> = { ...common, ...seen, ...chapters }

/** What cannot be seen here, and why. Nothing stands in for it. */
export const absent: Readonly<Record<string, string>> = {
  'modules that refuse or take over': 'There are no modules.',
  'log-in by JWT, CAS, SAML': 'It is not offered; identities at such providers are kept and looked up.',
  'monthly active users, hs_disabled':
    'There is no such limit: nobody is blocked by it, administrators and puppets neither.',
  'consent before sending':
    'Terms are agreed to at registration and on their page; nothing is refused without.',
  'Matrix Authentication Service':
    'Accounts are not delegated: its calls are 404, and those of the admin API are there.',
  'soft-failed events for administrators': 'Nothing comes from other servers yet.',
}
