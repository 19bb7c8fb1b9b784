/** How values lie in the sealed stores: JSON, as bytes. */

export function packed(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function unpacked<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}
