/** Branded strings: a value of these types has passed its parser in this folder. */
declare const brand: unique symbol
export type UserId = string & { readonly [brand]: 'UserId' }
export type RoomId = string & { readonly [brand]: 'RoomId' }
export type EventId = string & { readonly [brand]: 'EventId' }
export type RoomAlias = string & { readonly [brand]: 'RoomAlias' }
export type ServerName = string & { readonly [brand]: 'ServerName' }
