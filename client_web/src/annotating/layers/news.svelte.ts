/** What a person hears when layers come and go while a document is open. */
import { t } from '../../i18n';
import { addressed } from '../../people';
import { toast } from '../../ui';
import type { LayerNews } from '../book.svelte';
import { titleOf } from './words-of';

export function tellNews({ news, layer }: LayerNews): void {
  const name = layer.owner ? addressed(layer.owner) : t('thread.someone');
  toast(t(`layers.news.${news}`, { title: titleOf(layer), name }));
}
