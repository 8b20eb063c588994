import type { DirectoryRule } from '../config/config.ts'
import { matchesPattern } from '../wildcards.ts'

/** Whether the first rule that fits allows it. None fitting means no. A room without aliases fits `*` only. */
export function rulesAllow(
  rules: readonly DirectoryRule[],
  what: { userId: string; roomId: string; aliases: readonly string[] },
): boolean {
  const rule = rules.find(
    (each) =>
      matchesPattern(each.userId, what.userId) &&
      matchesPattern(each.roomId, what.roomId) &&
      (each.alias === '*' || what.aliases.some((alias) => matchesPattern(each.alias, alias))),
  )
  return rule?.action === 'allow'
}
