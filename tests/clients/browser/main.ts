/**
 * `npm run test:browser -- FOLDER [SCREENSHOTS]`: a web client in headless Chromium against started servers, on both
 * databases. What the client is made of is installed in FOLDER, which is none of the project; see `docs/clients.md`.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Ranvier, startRanvier } from '@ranvier/testkit'
import { startPostgres } from '@ranvier/testkit/postgres'
import { launchChromium } from './browser.ts'
import { buildElement, ELEMENT } from './element/build.ts'
import { walk } from './element/walk.ts'
import { Person } from './person.ts'
import { checkAnswers } from './right-answers.ts'
import { serveSite } from './site.ts'

const HELP = `Usage: npm run test:browser -- FOLDER [SCREENSHOTS]

  FOLDER        an empty folder, or that of a run before: the client is installed and built there
  SCREENSHOTS   where screenshots go (default FOLDER/screenshots)

Needs a Chromium: /usr/bin/chromium, or the one that CHROMIUM names.`

const [folder, screenshots] = process.argv.slice(2)
if (folder === undefined || folder.startsWith('-')) {
  console.log(HELP)
  process.exitCode = folder === '--help' ? 0 : 1
} else await main(resolve(folder), resolve(screenshots ?? join(folder, 'screenshots')))

async function main(clientFolder: string, pictures: string): Promise<void> {
  const built = await buildElement(clientFolder)
  await using postgres = await startPostgres({ durable: false })
  process.env['TEST_DATABASE_URL'] = postgres.url
  for (const database of ['sqlite', 'postgres'] as const) {
    console.log(`${ELEMENT} on ${database}:`)
    await using server = await startRanvier({ database })
    const shots = join(pictures, database)
    mkdirSync(shots, { recursive: true })
    await runElement(server, clientFolder, built, shots)
    const errors = server.log.filter((line) => /"level":(50|60)/.test(line))
    if (errors.length > 0) throw new Error(`the server tells of errors:\n${errors.join('\n')}`)
  }
}

async function runElement(server: Ranvier, folder: string, built: string, shots: string): Promise<void> {
  const config = {
    brand: 'Element',
    default_server_config: {
      'm.homeserver': { base_url: `http://${server.serverName}`, server_name: server.serverName },
    },
    disable_guests: true,
  }
  await using site = await serveSite(built, { 'config.json': JSON.stringify(config) })
  for (const name of ['alice', 'bob']) await server.register(name, `pw-${name}`)
  const browser = await launchChromium(folder, server.serverName, new URL(server.url).host)
  const people: Person[] = []
  const open = async (name: string): Promise<Person> => {
    const person = await Person.open(browser, name, shots)
    people.push(person)
    return person
  }
  try {
    await walk({ site: site.url, open, step: (what) => console.log(`  ${what}`) })
    checkAnswers(people)
  } catch (error) {
    for (const person of people) {
      await person.picture('failed').catch(() => {}) // what failed first is what matters
      console.error(`Console of ${person.name}:\n${person.console.join('\n')}`)
    }
    throw error
  } finally {
    await browser.close()
  }
}
