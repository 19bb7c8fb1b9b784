// tldraw's sync core with its SQLite storage (for evaluation only: its licence allows no more).
//
// Usage: node tldraw.mjs PORT FOLDER shipped|durable
// shipped: SQLite as Node opens it (rollback journal, which syncs each commit).
// durable: WAL with an fsync per commit, which is quicker.
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { NodeSqliteWrapper, SQLiteSyncStorage, TLSocketRoom } from '@tldraw/sync-core';
import { createRecordType, StoreSchema } from '@tldraw/store';
import { WebSocketServer } from 'ws';

const [port, folder, mode] = process.argv.slice(2);
const db = new DatabaseSync(`${folder}/rooms.sqlite3`);
if (mode === 'durable') db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
const schema = StoreSchema.create({
  stroke: createRecordType('stroke', { scope: 'document' }),
});
const rooms = new Map();

function roomOf(name) {
  let room = rooms.get(name);
  if (room === undefined) {
    const sql = new NodeSqliteWrapper(db, { tablePrefix: `${name.replace(/\W/g, '_')}_` });
    const storage = new SQLiteSyncStorage({ sql });
    room = new TLSocketRoom({ schema, storage, log: { warn() {}, error: console.error } });
    rooms.set(name, room);
  }
  return room;
}

let sessions = 0;
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((_request, response) => response.end('ok'));
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (made) => {
    const room = roomOf(request.url.slice(1));
    room.handleSocketConnect({ sessionId: `session-${(sessions += 1)}`, socket: made });
  });
});
server.listen(Number(port), '127.0.0.1');
// The schema that a client has to name, for the benchmark's own client.
process.stdout.write(`${JSON.stringify(schema.serialize())}\n`);
