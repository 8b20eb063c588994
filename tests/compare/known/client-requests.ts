import type { Sighting } from '../known.ts'

/** A request of a client, in words. */
export const CLIENT = /^([A-Z]+ )?\/_matrix|^(whoami|upload|thumbnail) /

/** In any request of a client. */
export const seen = (...sightings: Omit<Sighting, 'request'>[]): Sighting[] =>
  sightings.map((each) => ({ request: CLIENT, ...each }))

/** A request that has something in it that is none of what it should be: as a member, in the path or in the query. */
const ODD = new RegExp(
  [
    String.raw`"[^"]+":(null|true|-1|1e999|[123](?=[,}])|""|"(x+|none|a b|ü|x{20,}.*|http:\S+)"?|\[\]|\{\}|\["?[x3]"?\])`,
    '"(x|none)":|@x:elsewhere',
    String.raw`[/=](x|none|NONE|s1|0|-1|\$none|\.m\.rule\.none|%23none\S*|%23%3A\S*|%23xxx\S*|x{20,}|%5B\S*|%7B\S*)?(?=[/?& ]|$)`,
    String.raw` (\[\]|\{\}|3|null|"x")$`,
  ].join('|'),
)

/** In such a request. */
export const odd = (...sightings: Omit<Sighting, 'request'>[]): Sighting[] =>
  sightings.map((each) => ({ request: ODD, ...each }))
