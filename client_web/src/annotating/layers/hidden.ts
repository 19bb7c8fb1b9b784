/** Which layers a person does not want to see, remembered on this device. Ids only. */
const KEY = 'phonghop.hidden-layers';
/** More than anybody hides; the ones hidden longest ago are shown again. */
const MOST = 500;

export function readHidden(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

export function hide(hidden: ReadonlySet<string>, id: string, yes: boolean): ReadonlySet<string> {
  const next = new Set(hidden);
  next.delete(id);
  if (yes) next.add(id);
  const kept = [...next].slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // not remembered, still hidden
  }
  return new Set(kept);
}
