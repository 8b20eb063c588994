/** Where a configuration comes from, beside what stands in it. */
export interface Origin {
  files: readonly string[]
  /** Absolute. */
  dataDir: string
  /** Relative paths in the configuration start here. Absolute. */
  baseDir: string
  port: number | undefined
  warnings: string[]
}
