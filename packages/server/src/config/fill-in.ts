/** `%(name)s` as Synapse's configuration has it; names we have no value for stay. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/%\(([a-z_]+)\)s/g, (whole, name: string) => values[name] ?? whole)
}
