/** Refused work as a file in the person's hands, which the page menu takes in again. */
import type { Refused } from '../core';
import { refusedMarks, type KnownMark, type RefusedPaper } from './refused-papers';
import { writeXfdf, XFDF_TYPE, type HeightOf, type OutgoingMark } from './write';
import { zipped, type ZippedFile } from './zip';

/** Who knows where refused work was made, and what lay there (Book). */
export interface PaperKnowledge {
  knownMarks(layers: readonly string[]): Promise<KnownMark>;
  placeOf(layer: string): Promise<{ documentId: string; document?: string } | undefined>;
  heightsOf(documentId: string, versionId: string): Promise<HeightOf | undefined>;
}

export interface SavingWords {
  /** Where no paper's title is known. */
  readonly nameless: string;
  /** Above the server's words of a conflict. */
  readonly theirs: string;
}

interface Paper {
  name: string;
  heightOf: HeightOf | undefined;
  marks: OutgoingMark[];
}

export interface RefusedFile {
  readonly name: string;
  readonly blob: Blob;
  readonly marks: number;
  /** Changes that no file can hold. */
  readonly left: number;
}

/** One XFDF file per paper; several of them in a ZIP. Null where nothing can be held by a file. */
export async function refusedFile(
  refused: readonly Refused[],
  from: PaperKnowledge,
  words: SavingWords,
  now: Date,
): Promise<RefusedFile | null> {
  const known = await from.knownMarks(refused.map(({ layer }) => layer));
  const { papers: parts, left } = refusedMarks(refused, known, words.theirs);
  const papers = await byDocument(parts, from, words);
  const files: ZippedFile[] = [];
  for (const { name, heightOf, marks } of papers) {
    const plain = fileName(name);
    const text = writeXfdf(marks, `${plain}.pdf`, heightOf);
    files.push({ name: unused(plain, files), text });
  }
  const marks = papers.reduce((sum, paper) => sum + paper.marks.length, 0);
  const [first, second] = files;
  if (!first) return null;
  if (!second) {
    return { name: first.name, blob: new Blob([first.text], { type: XFDF_TYPE }), marks, left };
  }
  const blob = new Blob([zipped(files, now)], { type: 'application/zip' });
  return { name: `${fileName(words.nameless)} ${day(now)}.zip`, blob, marks, left };
}

/** Layers of one version of one document lie in one file. */
async function byDocument(
  parts: readonly RefusedPaper[],
  from: PaperKnowledge,
  words: SavingWords,
): Promise<Paper[]> {
  const papers = new Map<string, Paper>();
  for (const { layer, version, marks } of parts) {
    const place = await from.placeOf(layer);
    const key = `${place?.documentId ?? layer} ${version ?? ''}`;
    let paper = papers.get(key);
    if (paper === undefined) {
      const heightOf =
        place && version !== undefined
          ? await from.heightsOf(place.documentId, version)
          : undefined;
      paper = { name: place?.document ?? words.nameless, heightOf, marks: [] };
      papers.set(key, paper);
    }
    paper.marks.push(...marks);
  }
  return [...papers.values()];
}

/** Hands a file to the person, as the browser does with downloads. */
export function handOver({ name, blob }: RefusedFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Longer names are cut by some file systems, in bytes: a Vietnamese letter takes three. */
const LONGEST = 80;
/** What a file system does not take in a name. */
const NOT_IN_NAMES = /[\\/:*?"<>|\p{Cc}]/gu;

function fileName(title: string): string {
  const plain = title.normalize('NFC').replaceAll(NOT_IN_NAMES, ' ').replaceAll(/\s+/g, ' ');
  return plain.slice(0, LONGEST).trim().replace(/\.+$/, '') || 'xfdf';
}

function unused(plain: string, files: readonly ZippedFile[]): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${plain}.xfdf` : `${plain} (${n}).xfdf`;
    if (!files.some((file) => file.name === name)) return name;
  }
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
