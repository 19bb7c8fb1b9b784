/** The editors of words: what each makes of what is typed into it. Pure. */
import type { Mark } from './core';
import type { OpenNote, OpenText } from './desk.svelte';
import { notePut, removals, rewrite, spotOf } from './edits';
import { textBoxPut, textBoxRewrite, type LaidText } from './shape-edits';
import type { ToolStyle } from './tools/tools';
import type { Words } from './writing';

/** A note, or the remark on another mark: an emptied note goes, another mark stays without. */
export function noteWords({ point, rotation }: OpenNote, style: ToolStyle): Words {
  return {
    body: (typed) => typed.trim(),
    put: (birth, typed) => notePut(birth, point, rotation, typed.trim(), style),
    rewrite: (mark, typed) => rewrite(mark, typed.trim()),
    emptied: (mark) => (mark.kind === 'note' ? removals([mark.id]) : rewrite(mark, '')),
  };
}

/** @param laid the typed words as they lie on the page. */
export function textWords({ color }: OpenText, laid: () => LaidText): Words {
  return {
    body: () => laid().lines.join('\n'),
    put: (birth) => textBoxPut(birth, laid(), color),
    rewrite: (mark) => textBoxRewrite(mark, laid()),
    emptied: (mark) => removals([mark.id]),
  };
}

/** Words that are discussed. Emptied they stay as they were: taking them away is another button. */
export function entryWords({ geometry }: Mark, style: ToolStyle): Words {
  const [x, y] = spotOf(geometry);
  return {
    body: (typed) => typed.trim(),
    put: (birth, typed) => notePut(birth, { x, y }, 0, typed.trim(), style),
    rewrite: (mark, typed) => rewrite(mark, typed.trim()),
    emptied: () => [],
  };
}
