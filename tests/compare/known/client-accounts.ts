import type { KnownDifference } from '../known.ts'

const VERSIONS = /GET \/_matrix\/client\/versions(\?x=y)? as/

/** Accounts, sessions, profiles, devices. */
export const accounts: readonly KnownDifference[] = [
  {
    says: 'Registration and login have the errcodes of the specification where Synapse has `M_UNKNOWN`, `M_UNRECOGNIZED` or `M_INVALID_PARAM`: `M_GUEST_ACCESS_FORBIDDEN`, `M_INVALID_USERNAME`, `M_THREEPID_MEDIUM_NOT_SUPPORTED` (also before the rest of the request is looked at), `M_UNKNOWN` for a type of login that is not offered.',
    seen: [
      {
        request: /\/register/,
        here: /^40[03] M_(GUEST_ACCESS_FORBIDDEN|INVALID_USERNAME)/,
        there: /^40[03] M_UNKNOWN/,
      },
      {
        request: /\/register\?kind=(none)? /,
        here: /^400 M_INVALID_PARAM/,
        there: /^400 M_UNRECOGNIZED/,
      },
      { request: /"type":"m\.login\.(none|dummy|token)"/, here: /^400 M_UNKNOWN/, there: /^40[03]/ },
      { request: /m\.id\.phone/, here: /^403 M_FORBIDDEN/, there: /^400 M_UNKNOWN/ },
      {
        request: /\/requestToken/,
        here: /^400 M_(THREEPID_MEDIUM_NOT_SUPPORTED|MISSING_PARAM)/,
        there: /^40[04]/,
      },
    ],
  },
  {
    says: 'An `access_token` in the query that is empty is none (`M_MISSING_TOKEN`).',
    seen: [{ request: /access_token=( |$)/, here: /^401 M_MISSING_TOKEN/, there: /^401 M_UNKNOWN_TOKEN/ }],
  },
  {
    says: 'A session of user-interactive authentication authorises the request it was begun for: a body that has changed since is 403 (one that was empty at first may be filled in). Synapse takes another body, remembers the password of the first one, and lets a later one in once the password was right.',
    seen: [
      {
        request: /\/account\/(password|deactivate) as (erin|fred) .*"session":"\{session\}"/,
        here: /^40[13]/,
        there: /^(200|40[013])/,
      },
    ],
  },
  {
    says: '`POST /createRoom` and `/register` may come without a body.',
    seen: [{ request: /POST \S+\/(createRoom|register) as \w+$/ }],
  },
  {
    says: '`null` as `displayname`, `avatar_url` or `username` is the same as none.',
    seen: [{ request: /"(username|displayname|avatar_url)":null/, here: /^200/, there: /^400/ }],
  },
  {
    says: 'A profile field that is not set is 404; Synapse shows `null` for a name or picture that is not. A user without any has an empty profile rather than none.',
    seen: [
      { request: /GET \S+\/profile\//, here: /^404 M_NOT_FOUND/, there: /^(200|400|502)/ },
      { request: /GET \S+\/profile\//, here: /^200/, there: /^404/ },
      { request: /GET \S+\/profile\/\S+\/avatar_url/, shows: /^avatar_url: "padded"/ },
    ],
  },
  {
    says: '`GET /versions` names the versions of the specification up to v1.19, and what is served of proposals whatever the configuration of Synapse turns on; not `org.matrix.label_based_filtering` (MSC2326), the order of first syncs (MSC4445), and `org.matrix.msc3882`, which `m.get_login_token` of `/capabilities` says. What is not served is left out rather than `false`. `/capabilities` names `m.account_moderation` to administrators and `m.forget_forced_upon_leave`, and no room versions that are not stable.',
    seen: [
      { request: VERSIONS, shows: /^versions: 27 items, there 20: / },
      { request: VERSIONS, shows: /^unstable_features\.\S+: only there, false$/ },
      {
        request: VERSIONS,
        shows:
          /^unstable_features\.(io\.element\.msc4388|org\.matrix\.(msc3030|msc3266|msc3814|msc3916\.stable)|uk\.half-shot\.msc2666\.query_mutual_rooms): only here, true$/,
      },
      {
        request: VERSIONS,
        shows:
          /^unstable_features\.(com\.beeper\.msc4169|org\.matrix\.msc(3773|3874|3881|4108)): true, there false$/,
      },
      {
        request: VERSIONS,
        shows:
          /^unstable_features\.org\.matrix\.(label_based_filtering|msc3882|msc4445\.initial_sync_timeline_topological_ordering): only there, true$/,
      },
      // Where there are no transports for calls.
      { request: VERSIONS, shows: /^unstable_features\.org\.matrix\.msc4143: false, there true$/ },
      {
        request: /GET \S+\/capabilities as/,
        shows:
          /^capabilities\.m\.(forget_forced_upon_leave|account_moderation): only here|^capabilities\.m\.room_versions\.available\.org\.matrix\.\S+: only there, "unstable"$/,
      },
    ],
  },
  {
    says: '`GET /login` has another order; of two ways to log in elsewhere clients show the first to nobody alone.',
    seen: [
      {
        request: /GET \S+\/login as/,
        shows:
          /^flows\[\d\]\.(type: "m\.login\.\w+", there "m\.login\.\w+"|get_login_token: only (here|there), true)$/,
      },
    ],
  },
  {
    says: 'Names of devices longer than 100 characters are cut at login rather than refused.',
    seen: [{ request: /POST \S+\/login as nobody .*"initial_device_display_name":"x{20}/ }],
  },
  {
    says: 'Third-party lookups without a bridge that answers are 404, as the specification has it; Synapse has empty lists. By an address or id (`/thirdparty/user`, `/thirdparty/location`) bridges are asked; Synapse asks none.',
    seen: [
      { request: /GET \S+\/thirdparty\//, here: /^404 M_NOT_FOUND/, there: /^(200|404)/ },
      {
        request: /GET \S+\/thirdparty\/(user|location)\?\S+ as/,
        shows: /^(body)?: 1 items, there 0: .*, there \[\]$/,
      },
      { request: /GET \S+\/thirdparty\/(user|location) as/, here: /^400 M_MISSING_PARAM/, there: /^200/ },
    ],
  },
  {
    says: 'A stage of user-interactive authentication that is not offered is answered with those that are (401).',
    seen: [{ request: /"type":"m\.login\.none"/, here: /^401/ }],
  },
]
