import { parse as parseForm } from 'node:querystring'
import { CONSENT_PATH, type Consent, type ConsentReader } from '../../../accounts/consent.ts'
import { MatrixError, missingParam } from '../../../errors.ts'
import { type HttpAnswer, html } from '../../answer.ts'
import { formText } from '../../form.ts'
import { page } from '../../page.ts'
import { type Query, queryString } from '../../query.ts'
import { type Route, route } from '../../route.ts'

/** `/_matrix/consent`: the terms of this server as a page, and the form in it with which somebody agrees. */
export function consentRoutes({ consent }: { consent: Consent }): Route[] {
  return [
    route({
      method: 'GET',
      path: CONSENT_PATH,
      auth: 'none',
      handler: ({ query }) =>
        shown(async () => html(await consent.show(readerOf(query), queryString(query, 'v')))),
    }),
    route({
      method: 'POST',
      path: CONSENT_PATH,
      auth: 'none',
      handler: ({ request }) =>
        shown(async () => {
          const form = parseForm(await formText(request)) as Query // the same shape as a query
          const reader = readerOf(form)
          const version = queryString(form, 'v')
          if (reader === undefined || version === undefined) throw missingParam('u, h and v are needed')
          const text = await consent.agree(reader, version)
          return text === undefined ? page('Thank you', '<p>You have agreed.</p>') : html(text)
        }),
    }),
  ]
}

function readerOf(query: Query): ConsentReader {
  const localpart = queryString(query, 'u')
  return localpart === undefined || localpart === ''
    ? undefined
    : { localpart, hash: queryString(query, 'h') ?? '' }
}

/** For people: what goes wrong is a page too. */
async function shown(make: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
    return page('Not possible', '<p>This link is not valid.</p>', { status: error.status })
  }
}
