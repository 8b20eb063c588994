/** The client API, as chapters write it before a path. */
export const C = '/_matrix/client/v3'
/** Synapse's admin API. */
export const A = '/_synapse/admin'
/** As a part of a path or a query. */
export const enc = encodeURIComponent
