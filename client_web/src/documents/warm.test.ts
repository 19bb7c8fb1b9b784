// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../wire';
import { forgetWarm, takeWarm, warmDocument } from './warm';

describe('a head start', () => {
  let now = 0;

  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.spyOn(api, 'get').mockImplementation(() => new Promise(() => undefined));
  });

  afterEach(() => {
    forgetWarm();
    vi.restoreAllMocks();
  });

  it('is used once, and only while it is fresh', () => {
    warmDocument('a');
    expect(takeWarm('a')).toBeDefined();
    expect(takeWarm('a')).toBeUndefined();
    warmDocument('b');
    now += 10_000;
    expect(takeWarm('b')).toBeUndefined();
  });

  it('is not for the next person at the tablet', () => {
    warmDocument('a');
    forgetWarm();
    expect(takeWarm('a')).toBeUndefined();
  });
});
