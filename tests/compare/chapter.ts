import type { Side } from './side.ts'

/** Requests to both servers, in one order. What it does may depend on answers only where they cannot differ. */
export interface Chapter {
  /** Its name on the command line. */
  name: string
  about: string
  run(side: Side): Promise<void>
}
