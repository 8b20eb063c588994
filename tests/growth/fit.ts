/** How a cost grows with a size. */
export interface Growth {
  /** Exponent of the fit: 0 is flat, 1 is linear. */
  exponent: number
  /** The same between the two largest sizes alone, where small costs no longer hide what grows. */
  atEnd: number
}

/**
 * The straight line through the points on logarithmic paper, by least squares. Needs two sizes. Costs below `least` count as that
 * much: where some sizes cost nothing, the others are not infinitely dearer.
 */
export function growthOf(sizes: readonly number[], costs: readonly number[], least: number): Growth {
  const xs = sizes.map(Math.log)
  const ys = costs.map((cost) => Math.log(Math.max(cost, least)))
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  const [meanX, meanY] = [mean(xs), mean(ys)]
  let above = 0
  let below = 0
  for (const [i, x] of xs.entries()) {
    above += (x - meanX) * (ys[i]! - meanY)
    below += (x - meanX) ** 2
  }
  const [last, before] = [xs.length - 1, xs.length - 2]
  return {
    exponent: above / below,
    atEnd: (ys[last]! - ys[before]!) / (xs[last]! - xs[before]!),
  }
}
