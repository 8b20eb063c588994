import { setTimeout } from 'node:timers/promises'
import { type Client, registerWithSecret } from '@ranvier/testkit'
import { ask } from '../call.ts'
import { lanes, ownTimes } from '../measure.ts'
import { asked, CLIENT, get, post, type Scenario } from './scenario.ts'

const AT_ONCE = 4

const register: Scenario = {
  name: 'register',
  summary: 'accounts made with the shared secret, 4 at once: a bcrypt of cost 12 each',
  async prepare(target) {
    return {
      round: (bound) =>
        lanes(AT_ONCE, bound, () =>
          registerWithSecret(target.url, target.secret, target.newName(), { admin: false }),
        ),
      hashes: AT_ONCE,
    }
  },
}

async function logIn(person: Client): Promise<void> {
  const user = person.userId.slice(1).split(':')[0]!
  const identifier = { type: 'm.id.user', user }
  await ask(post(person, `${CLIENT}/login`, { type: 'm.login.password', identifier, password: `pw-${user}` }))
}

const login: Scenario = {
  name: 'login',
  summary: 'logins with a password, 4 at once: a bcrypt of cost 12 each',
  async prepare(target) {
    const people = await target.people(AT_ONCE)
    return { round: (bound) => lanes(AT_ONCE, bound, (lane) => logIn(people[lane]!)), hashes: AT_ONCE }
  },
}

/** The longest break between two requests that are measured: others are not to fill the server. */
const BREAK_MS = 5

const besideLogins: Scenario = {
  name: 'beside-logins',
  summary: 'one client asks who it is, 200 times a second at most, while 4 others log in at once',
  async prepare(target) {
    const people = await target.people(AT_ONCE)
    const whoami = get(target.admin, `${CLIENT}/account/whoami`)
    return {
      doesMore: true,
      async round(bound) {
        const others = lanes(AT_ONCE, bound, (lane) => logIn(people[lane]!))
        const times = await ownTimes(bound, async () => {
          const began = performance.now()
          await ask(whoami)
          const ms = performance.now() - began
          await setTimeout(BREAK_MS)
          return ms
        })
        const { errors } = await others
        return { ...times, errors: times.errors + errors }
      },
    }
  },
}

const whoami: Scenario = {
  name: 'whoami',
  summary: 'a client asks who it is with a token that is known, 8 at once: a request that reads nothing',
  async prepare(target) {
    const request = get(target.admin, `${CLIENT}/account/whoami`)
    return {
      round: (bound) => lanes(8, bound, () => ask(request)),
      http: { lanes: 8, asked: [await asked(request)] },
    }
  },
}

export const accounts: readonly Scenario[] = [register, login, besideLogins, whoami]
