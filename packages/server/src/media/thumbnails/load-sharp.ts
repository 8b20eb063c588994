type SharpModule = typeof import('sharp').default
let loading: Promise<SharpModule> | undefined

/**
 * The library for pictures, with the decoders that we use and no others. Loaded when the first picture comes: it takes
 * more memory than the rest of the media repository.
 */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1) // how many pictures at once is decided by who asks
    // Only decoders of what `ImageFormat` names: a file can claim to be something much more complicated.
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock({
      operation: [
        'VipsForeignLoadJpeg',
        'VipsForeignLoadPng',
        'VipsForeignLoadNsgif',
        'VipsForeignLoadWebp',
        'VipsForeignLoadHeif',
      ],
    })
    return sharp
  })
  return loading
}
