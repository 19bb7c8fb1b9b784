// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { chooseCopy, leaving, mayKeep, placed, type ShelfEntry } from './shelf';

const MB = 1024 * 1024;
const born = {
  kind: 'born' as const,
  pdfBytes: 0.5 * MB,
  pages: 60,
  imageBytes: 80_000,
  mayDownload: true,
  restricted: false,
  hasOwnMarks: false,
};

function entry(documentId: string, bytes: number, openedAt: number): ShelfEntry {
  return {
    documentId,
    versionId: `${documentId}-1`,
    bytes,
    openedAt,
    copy: 'images',
    complete: true,
  };
}

describe('the lighter copy', () => {
  test('born-digital text travels as its PDF', () => {
    expect(chooseCopy(born)).toBe('pdf');
    expect(chooseCopy({ ...born, imageBytes: undefined })).toBe('pdf');
  });

  test('a PDF heavier than its pages, and every scan, travels as images', () => {
    expect(chooseCopy({ ...born, pdfBytes: 13 * MB })).toBe('images');
    expect(chooseCopy({ ...born, kind: 'scan' })).toBe('images');
    expect(chooseCopy({ ...born, kind: 'mixed' })).toBe('images');
  });

  test('a PDF whose own marks stand in a layer travels as images, which show them once', () => {
    expect(chooseCopy({ ...born, hasOwnMarks: true })).toBe('images');
  });

  test('what may not be downloaded, or is restricted, never lies here as a PDF', () => {
    expect(chooseCopy({ ...born, mayDownload: false })).toBe('images');
    expect(chooseCopy({ ...born, restricted: true })).toBe('images');
  });
});

describe('room on the shelf', () => {
  const shelf = [entry('old', 40, 1), entry('new', 40, 3), entry('middle', 15, 2)];

  test('nobody leaves while there is room', () => {
    expect(leaving(shelf, 'mine', 5, 100)).toEqual([]);
  });

  test('the longest unread leaves first, and no more than needed', () => {
    expect(leaving(shelf, 'mine', 30, 100).map((gone) => gone.documentId)).toEqual(['old']);
    expect(leaving(shelf, 'mine', 50, 100).map((gone) => gone.documentId)).toEqual([
      'old',
      'middle',
    ]);
  });

  test('a document never pushes itself out', () => {
    expect(leaving(shelf, 'old', 45, 100)).toEqual([]);
  });

  test('one document takes at most its share', () => {
    expect(mayKeep(50, 100)).toBe(true);
    expect(mayKeep(51, 100)).toBe(false);
  });

  test('a new version takes the place of the one before', () => {
    const next = { ...entry('old', 7, 9), versionId: 'old-2' };
    expect(placed(shelf, next).filter((one) => one.documentId === 'old')).toEqual([next]);
  });
});
