/** What the page's thread and the worker that paints say to each other. */
import type { Bytes } from './source';

/** Widths, px. */
export interface Fit {
  /** Of the picture as it was made. */
  image: number;
  /** Of the box it is for, in device px. */
  box: number;
}

/** A picture that is wider than its box by less is shown as it is: resampling has a price, too. */
export const NEAR_ENOUGH = 1.04;

export type PaintOrder =
  | {
      kind: 'page';
      job: number;
      id: number | undefined;
      path: string;
      bytes: Bytes | undefined;
      fit: Fit | undefined;
      /** Decoded although no surface waits for it. */
      ahead?: boolean;
    }
  | { kind: 'cancel'; job: number }
  | { kind: 'decode'; job: number; bytes: Bytes }
  | { kind: 'held'; job: number; path: string }
  | { kind: 'forget' }
  | { kind: 'canvas'; id: number; canvas: OffscreenCanvas }
  | { kind: 'show'; id: number; bitmap: ImageBitmap }
  | { kind: 'empty' | 'drop'; id: number };

export type PaintAnswer =
  | { kind: 'ready' }
  | { kind: 'shown'; id: number }
  | { kind: 'page'; job: number; size: number; sha: string | undefined }
  /** Status 0: nothing came back; -1: what came is no picture. */
  | { kind: 'failed'; job: number; status: number; body: unknown }
  | { kind: 'held'; job: number; bytes: Bytes | undefined }
  | { kind: 'decoded'; job: number; bitmap: ImageBitmap | undefined };
