/** What this tablet knows of marks that refused work is about: of an open layer what is shown, of
 * another what is kept. */
import type { Mark } from '../core';
import type { Post } from '../post';
import type { KnownMark } from './refused-papers';

export async function knownMarks(
  post: Pick<Post, 'shelf' | 'runner'> | null,
  layers: readonly string[],
): Promise<KnownMark> {
  const kept = new Map<string, Mark>();
  for (const layer of new Set(layers)) {
    const saved = await post?.shelf?.load(layer);
    for (const mark of saved?.marks ?? []) kept.set(mark.id, mark);
  }
  return (layer, id) => {
    const open = post?.runner.core.replica(layer);
    return open ? open.get(id) : kept.get(id);
  };
}
