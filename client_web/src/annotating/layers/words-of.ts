/** How a layer is called, and who sees what is written on it. */
import { t } from '../../i18n';
import { addressed, called } from '../../people';
import type { IconName } from '../../ui';
import type { LayerView, PersonCard } from '../../wire';
import type { Mark } from '../core';

type People = ReadonlyMap<string, PersonCard>;

export const SIGN_OF = {
  private: 'lock',
  shared: 'people',
  presenter: 'present',
  imported: 'document',
} as const satisfies Record<LayerView['kind'], IconName>;

/** Names said before the rest is only counted. */
const NAMED = 2;

export function titleOf(layer: LayerView): string {
  return layer.kind === 'shared' ? layer.title : t(`layers.title.${layer.kind}`);
}

/** Who sees it, in a few words. */
export function seenBy(layer: LayerView): string {
  if (layer.kind !== 'shared') return t(`layers.seen.${layer.kind}`);
  const whose = layer.mine || !layer.owner ? '' : t('layers.of', { name: called(layer.owner) });
  return [whose, audienceOf(layer)].filter(Boolean).join(' · ');
}

function audienceOf({ audience, people, mine }: LayerView): string {
  if (audience === 'everyone') return t('layers.seen.everyone');
  if (audience === 'me' || (mine && people.length === 0)) return t('layers.seen.me');
  const names = people
    .slice(0, NAMED)
    .map((person, at) => (at === 0 && mine ? addressed : called)(person));
  const more = people.length - names.length;
  if (more > 0) return t('layers.seen.more', { names: names.join(', '), count: more });
  return names.join(', ');
}

/** Who made a mark, by name; `named` says how: by itself, or as `called` within a line. */
export function authorOf(
  mark: Pick<Mark, 'author' | 'by'>,
  people: People,
  named: (person: PersonCard) => string = addressed,
): string {
  const person = people.get(mark.author);
  if (person) return named(person);
  return mark.by !== undefined && mark.by !== '' ? mark.by : t('thread.someone');
}
