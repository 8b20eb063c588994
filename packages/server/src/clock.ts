import { readFileSync } from 'node:fs'

/** A timer that has been set. `cancel` may be called at any time, also after it has fired. */
export interface Timer {
  cancel(): void
}

/**
 * The time of the server and its timers. Nothing else in the server reads `Date.now` or calls `setTimeout`
 * for behaviour a client can see, so that tests can move time.
 */
export interface Clock {
  /** Milliseconds since epoch. */
  nowMs(): number
  /** Calls `fn` once after `delayMs`. A pending timer does not keep the process alive. */
  setTimeout(fn: () => void, delayMs: number): Timer
  /** Looks again at what moves the clock; called at the start of each HTTP request. */
  refresh(): void
}

/** A delay longer than this overflows Node's timers, which would then fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * Node has a list for each delay in milliseconds and drops it with its last timer only when that one was referenced;
 * otherwise when it would have been due. With delays that differ, as what is left of a poll does, lists were more than
 * the timers: a megabyte a minute of 500 clients. A timer that has fired must not come here: it would be referenced
 * for ever.
 */
function cancelUnreferenced(timer: NodeJS.Timeout | undefined): void {
  if (timer !== undefined) clearTimeout(timer.ref())
}

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    setTimeout(fn, delayMs) {
      const dueMs = Date.now() + delayMs
      let timer: NodeJS.Timeout | undefined
      const arm = () => {
        const leftMs = dueMs - Date.now()
        timer = setTimeout(fire, Math.min(Math.max(0, leftMs), MAX_DELAY_MS))
        timer.unref()
      }
      const fire = () => {
        timer = undefined
        if (dueMs - Date.now() > 0 && delayMs > MAX_DELAY_MS) arm()
        else fn()
      }
      arm()
      return {
        cancel() {
          cancelUnreferenced(timer)
          timer = undefined
        },
      }
    },
    refresh() {},
  }
}

interface PendingTimer {
  fn: () => void
  dueMs: number
}

/** Runs the timers that are due, earliest first; a timer set meanwhile that is due already runs too. */
function fireDue(pending: Set<PendingTimer>, nowMs: () => number): void {
  for (;;) {
    let next: PendingTimer | undefined
    for (const timer of pending) {
      if (timer.dueMs <= nowMs() && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    if (next === undefined) return
    pending.delete(next)
    next.fn()
  }
}

export interface ManualClock extends Clock {
  /** Moves time on and runs, in order, every timer that becomes due; each sees its own due time as now. */
  advance(ms: number): void
}

/** A clock that stands still until told to move. For tests. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  const pending = new Set<PendingTimer>()
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    setTimeout(fn, delayMs) {
      const timer = { fn, dueMs: nowMs + Math.max(0, delayMs) }
      pending.add(timer)
      return { cancel: () => pending.delete(timer) }
    },
    refresh() {},
    advance(ms) {
      const targetMs = nowMs + ms
      for (;;) {
        let next: PendingTimer | undefined
        for (const timer of pending) {
          if (timer.dueMs <= targetMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
        }
        if (next === undefined) break
        pending.delete(next)
        nowMs = Math.max(nowMs, next.dueMs)
        next.fn()
      }
      nowMs = targetMs
    },
  }
}

/**
 * The machine's clock plus the number of seconds written in a file, read again at every HTTP request
 * (`--test-clock`). Content that is no number leaves the offset as it was and is reported once through `warn`.
 */
export function fileClock(path: string, warn: (message: string) => void): Clock {
  const pending = new Set<PendingTimer>()
  let offsetMs = 0
  let warned = false
  let wake: NodeJS.Timeout | undefined
  const nowMs = () => Date.now() + offsetMs

  // One real timer for the earliest of ours: the moved clock decides what is due, not the delay it was set with.
  const arm = () => {
    cancelUnreferenced(wake)
    wake = undefined
    let earliestMs = Number.POSITIVE_INFINITY
    for (const timer of pending) earliestMs = Math.min(earliestMs, timer.dueMs)
    if (earliestMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(Math.max(0, earliestMs - nowMs()), MAX_DELAY_MS)
    wake = setTimeout(() => {
      wake = undefined
      fireDue(pending, nowMs)
      arm()
    }, delayMs)
    wake.unref()
  }

  const clock: Clock = {
    nowMs,
    setTimeout(fn, delayMs) {
      const timer = { fn, dueMs: nowMs() + Math.max(0, delayMs) }
      pending.add(timer)
      arm()
      return { cancel: () => pending.delete(timer) }
    },
    refresh() {
      const seconds = readSeconds(path)
      if (seconds === undefined) {
        if (!warned) warn(`${path} does not hold a number of seconds: the test clock stays where it is`)
        warned = true
        return
      }
      if (seconds * 1000 === offsetMs) return
      // Set back, it leaves what waits to wait as long as it was to: so do the system's timers.
      const backMs = Math.max(0, offsetMs - seconds * 1000)
      for (const timer of pending) timer.dueMs -= backMs
      offsetMs = seconds * 1000
      fireDue(pending, nowMs)
      arm()
    },
  }
  clock.refresh()
  return clock
}

function readSeconds(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text === '') return undefined
    const seconds = Number(text)
    // Further than the years a Date can hold is as wrong as no number.
    return Number.isFinite(seconds) && Math.abs(seconds) < 1e11 ? seconds : undefined
  } catch {
    return undefined
  }
}
