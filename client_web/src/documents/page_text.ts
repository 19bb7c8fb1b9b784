/** The words files of the server: one page, or a list of all pages of a version. */
import type { Bytes } from './source';
import type { Word } from './viewport';

interface WordsFile {
  page: number;
  words: [number, number, number, number, string, number, number][];
}

function wordsOf(file: WordsFile): Word[] {
  return file.words.map(([x0, y0, x1, y1, text, block, line]) => ({
    x0,
    y0,
    x1,
    y1,
    text,
    block,
    line,
  }));
}

/** @throws SyntaxError when the bytes are not JSON. */
export function readWords(bytes: Bytes): Word[] {
  return wordsOf(JSON.parse(new TextDecoder().decode(bytes)) as WordsFile);
}

export function readAllWords(bytes: Bytes): Word[][] {
  const pages: Word[][] = [];
  for (const file of JSON.parse(new TextDecoder().decode(bytes)) as WordsFile[]) {
    pages[file.page] = wordsOf(file);
  }
  return pages;
}

/** The same words with one page taken out of the whole. */
export function pickPage(pages: Word[][], page: number): Word[] {
  return pages[page] ?? [];
}
