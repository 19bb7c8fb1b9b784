// @vitest-environment node
import { expect, test } from 'vitest';
import { parseRoute } from './routes';

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';

test('every address leads to its page', () => {
  expect(parseRoute('')).toEqual({ page: 'home' });
  expect(parseRoute('#/')).toEqual({ page: 'home' });
  expect(parseRoute('#/meetings/new')).toEqual({ page: 'new-meeting' });
  expect(parseRoute(`#/meetings/${A}`)).toEqual({ page: 'meeting', meetingId: A });
  expect(parseRoute(`#/meetings/${A}/documents/${B}`)).toEqual({
    page: 'document',
    meetingId: A,
    documentId: B,
  });
  expect(parseRoute(`#/meetings/${A}/documents/${B}/at/3/120/-4`)).toEqual({
    page: 'document',
    meetingId: A,
    documentId: B,
    at: { page: 2, x: 120, y: -4 },
  });
  expect(parseRoute('#/notes')).toEqual({ page: 'notes' });
  expect(parseRoute(`#/notes/meetings/${A}`)).toEqual({ page: 'notes', meetingId: A });
  expect(parseRoute(`#/notes/documents/${B}`)).toEqual({ page: 'notes', documentId: B });
  expect(parseRoute(`#/meetings/${A}/documents/${B}/at/0/1/1`)).toEqual({ page: 'lost' });
  expect(parseRoute('#/about/')).toEqual({ page: 'about' });
  expect(parseRoute('#/meetings/1')).toEqual({ page: 'lost' });
});
