import { registerWithSecret } from '@ranvier/testkit'
import { call } from '../call.ts'
import { lanes } from '../measure.ts'
import { CLIENT, post, type Scenario } from './scenario.ts'

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
    }
  },
}

const login: Scenario = {
  name: 'login',
  summary: 'logins with a password, 4 at once: a bcrypt of cost 12 each',
  async prepare(target) {
    const people = await target.people(AT_ONCE)
    return {
      round: (bound) =>
        lanes(AT_ONCE, bound, (lane) => {
          const user = people[lane]!.userId.slice(1).split(':')[0]!
          const identifier = { type: 'm.id.user', user }
          return call(
            post(people[lane]!, `${CLIENT}/login`, {
              type: 'm.login.password',
              identifier,
              password: `pw-${user}`,
            }),
          )
        }),
    }
  },
}

export const accounts: readonly Scenario[] = [register, login]
