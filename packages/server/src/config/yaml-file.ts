import { parse, YAMLParseError } from 'yaml'
import { ConfigError } from './problems.ts'

/** What stands in the text of a YAML file. Throws a {@link ConfigError} that names the file and the line. */
export function parseYamlFile(path: string, text: string): unknown {
  try {
    return parse(text, { merge: true })
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause
    const [where] = cause.linePos ?? []
    const place = where === undefined ? '' : ` in line ${where.line}`
    // The parser's own text quotes the lines, which may hold secrets.
    throw new ConfigError(`${path} is not valid YAML${place}: ${cause.message.split('\n')[0]}`, { cause })
  }
}
