/** The wire: HTTP commands, the live connection, and the types both speak. */
export { api, type Api, type Ask, type Changes, type UploadAsk } from './api';
export { ApiProblem } from './problem';
export { type Connection, type ConnectionState, type Follower, type Frame } from './connection';
export { HELLO_REFUSED, SESSION_ENDED } from './connection';
export { connection, watchNetwork } from './live';
export { deviceId, deviceLabel, newId, recallDevice } from './ids';
export type * from './generated';
