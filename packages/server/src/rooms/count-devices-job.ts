import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const COUNT_DEVICES_ID = 'count-devices-in-rooms'
const ROOMS_PER_STEP = 200
const PAUSE_MS = 600_000

/** Counts in rooms the devices with which their members have logged in or out. Until then they are added when asked for. */
export function countDevicesJob(): JobKind {
  return defineJob<Record<string, never>, { after: string }>({
    name: COUNT_DEVICES_ID,
    step:
      ({ nowMs, batch }, _params, progress) =>
      async (tx) => {
        const last = await tx.joinedDevices.count(progress?.after ?? '', batch(ROOMS_PER_STEP))
        return { progress: { after: last ?? '' }, dueTs: last === undefined ? nowMs + PAUSE_MS : nowMs }
      },
  })
}
