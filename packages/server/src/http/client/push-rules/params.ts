import { isPushRuleKind, type PushRuleKind } from '@ranvier/protocol/push-rules/types'
import type { PushRuleParse } from '@ranvier/protocol/push-rules/validate'
import { MatrixError, notFound } from '../../../errors.ts'

/** The kind of a rule from a path. Throws 404: there are no rules of other kinds. */
export function kindParam(raw: string): PushRuleKind {
  if (!isPushRuleKind(raw)) throw notFound('Push rule')
  return raw
}

/** The value, or 400 with what is wrong. */
export function checked<T>(parsed: PushRuleParse<T>): T {
  if (parsed.valid) return parsed.value
  throw new MatrixError(400, parsed.fault.errcode, parsed.fault.text)
}
