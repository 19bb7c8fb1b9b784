/**
 * Several files as one, because a tablet's browser saves one at a time: a ZIP without compression
 * (APPNOTE 6.3.10, "stored"), names in UTF-8. Pure.
 */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const encoder = new TextEncoder();

export interface ZippedFile {
  readonly name: string;
  readonly text: string;
}

export function zipped(files: readonly ZippedFile[], at: Date): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const name = encoder.encode(file.name);
    const data = encoder.encode(file.text);
    const said: Field[] = [
      [VERSION, 2],
      [UTF8_NAMES, 2],
      [0, 2],
      [timeOf(at), 2],
      [dateOf(at), 2],
      [crc32(data), 4],
      [data.length, 4],
      [data.length, 4],
      [name.length, 2],
      [0, 2],
    ];
    const head = packed([[LOCAL, 4], ...said]);
    parts.push(head, name, data);
    const rest: Field[] = [
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 4],
      [offset, 4],
    ];
    directory.push(packed([[CENTRAL, 4], [VERSION, 2], ...said, ...rest]), name);
    offset += head.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed([
    [END, 4],
    [0, 2],
    [0, 2],
    [files.length, 2],
    [files.length, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  ]);
  return joined([...parts, ...directory, end]);
}

/** A number and its bytes. */
type Field = readonly [value: number, bytes: 2 | 4];

function packed(fields: readonly Field[]): Uint8Array {
  const size = fields.reduce((sum, [, bytes]) => sum + bytes, 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Dates of a ZIP are local, in steps of two seconds, and begin in 1980. */
function timeOf(at: Date): number {
  return (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
}

function dateOf(at: Date): number {
  const year = Math.max(0, at.getFullYear() - 1980);
  return (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
}

const REVERSED = 0xedb88320;

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? REVERSED : 0);
  }
  return ~crc >>> 0;
}
