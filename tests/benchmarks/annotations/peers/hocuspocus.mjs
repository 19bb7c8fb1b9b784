// Hocuspocus with its database extension on SQLite.
//
// Usage: node hocuspocus.mjs PORT FOLDER shipped|durable
// shipped: the default settings (a store two seconds after the last change); SQLite as Node opens it.
// durable: a store per update, WAL with an fsync per commit. A `stored` message says how many strokes
// of the room are on the disk, because the server's own acknowledgement leaves before the store.
import { DatabaseSync } from 'node:sqlite';
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';

const [port, folder, mode] = process.argv.slice(2);
const durable = mode === 'durable';
const db = new DatabaseSync(`${folder}/documents.sqlite3`);
if (durable) db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
db.exec('CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, data BLOB NOT NULL)');
const read = db.prepare('SELECT data FROM documents WHERE name = ?');
const write = db.prepare(
  'INSERT INTO documents VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET data = excluded.data',
);

const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  ...(durable && { debounce: 0, maxDebounce: 0 }),
  extensions: [
    new Database({
      fetch: async ({ documentName }) => read.get(documentName)?.data ?? null,
      store: async ({ documentName, document, state }) => {
        write.run(documentName, state);
        if (durable) document.broadcastStateless(`stored ${document.getMap('strokes').size}`);
      },
    }),
  ],
});
await server.listen();
