import type { KnownDifference } from '../known.ts'
import { CLIENT } from './client-requests.ts'

/** Files. */
export const media: readonly KnownDifference[] = [
  {
    says: 'Thumbnails have a file name in `Content-Disposition`, and URL previews that are turned off are 404 to everybody.',
    seen: [
      { request: /^thumbnail /, shows: /^header content-disposition/ },
      { request: /preview_url/, here: /^404 M_UNRECOGNIZED/, there: /^401/ },
    ],
  },
  {
    says: 'JSON and SVG are served without a `charset`, which they have no use for; a content type that is none is `application/octet-stream`.',
    seen: [
      {
        request: /media\/download|download/,
        shows:
          /^header content-(type: "(application\/json|image\/svg\+xml|application\/octet-stream)"|disposition)/,
      },
    ],
  },
  {
    says: 'Files that were asked for with a token are for the cache of that client alone (`private`), and browsers are told not to guess types (`nosniff`).',
    seen: [
      {
        request: CLIENT,
        shows:
          /^header (cache-control|x-content-type-options|content-security-policy|cross-origin-resource-policy|referrer-policy)/,
      },
    ],
  },
]
