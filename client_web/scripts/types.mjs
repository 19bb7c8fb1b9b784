/**
 * JSON Schema of the wire models → TypeScript.
 * `npm run types` writes src/wire/generated.ts; `npm run types:check` fails when it differs.
 * The schema itself is written by the server: `python -m server.http.schema`.
 */
import { compile } from 'json-schema-to-typescript';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const wire = path.resolve(import.meta.dirname, '../src/wire');
const schema = JSON.parse(await readFile(path.join(wire, 'schema.json'), 'utf8'));
// Only $defs carry types; a root with every name referenced makes the compiler emit each once.
const names = Object.keys(schema.$defs ?? {});
const root = {
  $defs: schema.$defs,
  title: 'WireModels',
  type: 'object',
  additionalProperties: false,
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])),
};
const text = await compile(root, 'WireModels', {
  bannerComment: '// Generated from schema.json by `npm run types`. Do not edit.\n',
  additionalProperties: false,
  style: { singleQuote: true, printWidth: 100 },
});
const target = path.join(wire, 'generated.ts');
if (process.argv.includes('--check')) {
  const before = await readFile(target, 'utf8').catch(() => '');
  if (before !== text) {
    console.error('src/wire/generated.ts differs from schema.json: run `npm run types`');
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}
