// The annotations of a PDF as pdf.js sees them, as JSON on standard output.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../client_web/package.json', import.meta.url));
const { getDocument, VerbosityLevel } = await import(
  require.resolve('pdfjs-dist/legacy/build/pdf.mjs')
);

const data = new Uint8Array(readFileSync(process.argv[2]));
const pdf = await getDocument({ data, verbosity: VerbosityLevel.ERRORS, useWorkerFetch: false })
  .promise;
const found = [];
for (let number = 1; number <= pdf.numPages; number++) {
  const page = await pdf.getPage(number);
  for (const one of await page.getAnnotations()) {
    if (one.subtype === 'Popup') continue;
    const text = one.contentsObj?.str ?? '';
    found.push({ page: number - 1, kind: one.subtype.toLowerCase(), box: one.rect, text });
  }
}
process.stdout.write(JSON.stringify(found));
process.exit(0);
