import type { JobKind } from '../../jobs/define-job.ts'
import { type AccountValidityVerbs, accountValidity, type ValidityDeps } from './account-validity.ts'
import { fillValidityJob, startValidity, watchValidityJob } from './validity-jobs.ts'

/** The verbs of account validity, and what goes on by itself. */
export function wireValidity(deps: ValidityDeps): {
  verbs: AccountValidityVerbs
  jobs: JobKind[]
  start: () => Promise<void>
} {
  return {
    verbs: accountValidity(deps),
    jobs: [watchValidityJob(deps), fillValidityJob(deps)],
    start: () => startValidity(deps),
  }
}
