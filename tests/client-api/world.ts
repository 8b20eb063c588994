export const CLIENT = '/_matrix/client/v3'
export const enc = encodeURIComponent
export const roomPath = (roomId: string, rest = '') => `${CLIENT}/rooms/${enc(roomId)}${rest}`
