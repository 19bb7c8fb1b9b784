/** A new UUID, version 4. Works on plain HTTP too, where `crypto.randomUUID` is missing. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

const DEVICE = 'phonghop.device';

/** This device, named once and kept; in a private window it lasts as long as the page. */
let forThisPage: string | undefined;

export function deviceId(): string {
  try {
    const kept = localStorage.getItem(DEVICE);
    if (kept !== null && /^[0-9a-f-]{36}$/.test(kept)) return kept;
    const made = (forThisPage ??= newId());
    localStorage.setItem(DEVICE, made);
    return made;
  } catch {
    return (forThisPage ??= newId());
  }
}

/**
 * The name under which this device's key was leased, where it has lost it: browsers write
 * localStorage seconds later than IndexedDB, and a killed one comes back without it. Under a new
 * name the server leases a new key, which opens nothing of what lies here.
 */
export function recallDevice(id: string): void {
  try {
    if (localStorage.getItem(DEVICE) === null) localStorage.setItem(DEVICE, id);
  } catch {
    forThisPage ??= id;
  }
}

/** What the device calls itself in the list of devices: enough to tell a tablet from a desktop. */
export function deviceLabel(agent: string = navigator.userAgent): string {
  const device = /iPad|Macintosh.*Mobile/.test(agent)
    ? 'iPad'
    : /iPhone/.test(agent)
      ? 'iPhone'
      : /Android/.test(agent)
        ? 'Android'
        : /Windows/.test(agent)
          ? 'Windows'
          : /Mac OS/.test(agent)
            ? 'Mac'
            : /Linux/.test(agent)
              ? 'Linux'
              : '';
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : '';
  return [device, browser].filter(Boolean).join(' · ');
}
