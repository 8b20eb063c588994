import { badRequest, invalidParam } from '../../errors.ts'

const MAX_ADDRESS_LENGTH = 500

/**
 * An address as it is stored and compared. Email is case-folded: `A@x.org` and `a@X.org` reach one mailbox.
 * Throws 400: `M_INVALID_PARAM` for an unknown medium, `M_UNKNOWN` for what is no address.
 */
export function canonicalThreepid(medium: string, address: string): { medium: string; address: string } {
  if (medium === 'email') return { medium, address: canonicalEmail(address) }
  if (medium === 'msisdn') {
    const digits = address.replace(/^\+/, '')
    if (!/^[0-9]{1,20}$/.test(digits)) throw badRequest('A phone number is written with digits only')
    return { medium, address: digits }
  }
  throw invalidParam(`'${medium.slice(0, 100)}' is not a valid value for 'medium'`)
}

function canonicalEmail(address: string): string {
  const at = address.indexOf('@')
  const isPlain = at > 0 && at === address.lastIndexOf('@') && at < address.length - 1 && !/\s/.test(address)
  if (!isPlain || address.length > MAX_ADDRESS_LENGTH) throw badRequest('Unable to parse email address')
  // Upper then lower case folds more than lower case alone: ß and SS become the same.
  return address.toUpperCase().toLowerCase()
}
