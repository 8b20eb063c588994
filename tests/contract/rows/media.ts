import { eachQuery, parsedUser, type Refusal, type Rows } from '../row.ts'

const UNKNOWN: Refusal = ['an unknown file', { params: { mediaId: 'none' } }, 404, 'M_NOT_FOUND']
const ELSEWHERE = { params: { serverName: 'elsewhere', mediaId: 'none' } }
const SECONDS = eachQuery(['before_ts=1600000000', 'before_ts=0'], 'M_INVALID_PARAM')
const LONG_AGO = 'before_ts=30000000000'

/** §1.9, §5 and §9 */
export const mediaRows = {
  listUserMedia: {
    refusals: parsedUser,
    proofs: {
      'every field with its value': 'userMedia › a user’s files are listed with all that is known of them',
      'the special order': 'userMedia › the newest come first, unless an order or a direction is named',
      '§0.5: next_token is a number; limit=0': 'userMedia › pages follow each other until there is no more',
      'every order': 'seedMedia › User media: every order, in both directions',
      'the page of 2021': 'seedMedia › User media: List media uploaded by a user',
    },
  },
  deleteUserMedia: {
    refusals: parsedUser,
    proofs: {
      'deleted_media, total; the page that is asked for':
        'userMedia › deleting removes the page, its contents and their thumbnails, and no more',
      'a file that is missing': 'userMedia › a file whose content is gone already still counts as deleted',
      'the page of 2021': 'seedMedia › User media: Delete media uploaded by a user',
    },
  },
  listRoomMedia: {
    proofs: {
      'local, remote, thumbnails; an unknown room':
        'media › all files of a room and of a user are quarantined, but for protected ones',
    },
  },
  getMedia: {
    refusals: [UNKNOWN, ['an unknown file of another server', ELSEWHERE, 404, 'M_NOT_FOUND']],
    proofs: { 'every field with its value': 'contractMedia › a file shows everything that is known of it' },
  },
  deleteMedia: {
    refusals: [UNKNOWN, ['a file of another server', ELSEWHERE, 400, 'M_UNKNOWN']],
    proofs: {
      'deleted_media, total':
        'media › a file is described, quarantined with its twins, shown again and deleted',
      'quirk 1: a file called delete':
        'contractMedia › a file that is called delete can be deleted, and a token that is called new be looked at',
    },
  },
  quarantineMedia: {
    proofs: {
      'all of the same content':
        'media › a file is described, quarantined with its twins, shown again and deleted',
      'unknown media': 'media › what cannot be done about files has its errcode',
      'protected media': 'contractMedia › a protected file cannot be quarantined in any way',
    },
  },
  unquarantineMedia: {
    proofs: {
      'all of the same content':
        'media › a file is described, quarantined with its twins, shown again and deleted',
      'unknown media': 'media › what cannot be done about files has its errcode',
    },
  },
  quarantineRoomMedia: {
    proofs: {
      num_quarantined: 'media › all files of a room and of a user are quarantined, but for protected ones',
    },
  },
  quarantineRoomMediaLegacy: {
    proofs: {
      num_quarantined: 'media › all files of a room and of a user are quarantined, but for protected ones',
    },
  },
  quarantineUserMedia: {
    proofs: {
      'num_quarantined; protected and quarantined ones are skipped; habit C':
        'media › all files of a room and of a user are quarantined, but for protected ones',
    },
  },
  listQuarantineChanges: {
    refusals: eachQuery(['from=9999999'], 'M_INVALID_PARAM'),
    proofs: {
      'next_batch, changes, oldest first':
        'media › a file is described, quarantined with its twins, shown again and deleted',
      'at most 100': 'contractMedia › changes of quarantine come in hundreds',
    },
  },
  protectMedia: {
    refusals: [UNKNOWN],
    proofs: { '200 {}': 'media › all files of a room and of a user are quarantined, but for protected ones' },
  },
  unprotectMedia: {
    refusals: [UNKNOWN],
    proofs: { '200 {}': 'media › all files of a room and of a user are quarantined, but for protected ones' },
  },
  deleteUnusedMedia: {
    query: LONG_AGO,
    refusals: SECONDS,
    proofs: {
      'before_ts, size_gt, keep_profiles; quarantined and protected files stay':
        'media › files nobody has used for long are deleted; pictures, protected and quarantined ones stay',
    },
  },
  deleteUnusedMediaLegacy: {
    query: LONG_AGO,
    refusals: [
      ...SECONDS,
      ['another server', { params: { serverName: 'elsewhere' }, query: LONG_AGO }, 400, 'M_UNKNOWN'],
    ],
    proofs: {
      'as its successor':
        'media › files nobody has used for long are deleted; pictures, protected and quarantined ones stay',
    },
  },
  purgeMediaCache: {
    query: LONG_AGO,
    refusals: SECONDS,
    proofs: {
      deleted:
        'media › files nobody has used for long are deleted; pictures, protected and quarantined ones stay',
    },
  },
  listMediaStatistics: {
    refusals: eachQuery(['until_ts=0', 'from_ts=10&until_ts=10', 'search_term='], 'M_INVALID_PARAM'),
    proofs: {
      'every field; order_by, dir, from_ts, until_ts, search_term; §0.5: next_token is a number':
        'statistics › what users have uploaded is counted, ordered, searched and paged',
    },
  },
  listLargestRooms: {
    proofs: {
      'rooms by estimated_size': 'statistics › the largest rooms are told where the database knows',
      '400 M_UNKNOWN: not PostgreSQL': 'statistics › the largest rooms are told where the database knows',
    },
  },
} as const satisfies Rows
