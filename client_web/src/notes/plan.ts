/** What becomes of my marks after a meeting, and when that has to be said. Pure. */
import type { MarksPlan, MeetingHead } from '../wire';

/** none: nothing to say. rule: what will happen, from now. soon: warned. gone: it has happened. */
export type PlanStage = 'none' | 'rule' | 'soon' | 'gone';

export function stageOf(plan: MarksPlan, now: number): PlanStage {
  if (plan.purged_at !== null) return 'gone';
  if (plan.rule === 'keep') return 'none';
  if (plan.purge_at !== null && plan.warn_at !== null && Date.parse(plan.warn_at) <= now) {
    return 'soon';
  }
  return 'rule';
}

/** Meetings whose marks go soon, the nearest first. */
export function goingSoon(meetings: readonly MeetingHead[], now: number): MeetingHead[] {
  return meetings
    .filter(({ marks }) => stageOf(marks, now) === 'soon')
    .sort((a, b) => Date.parse(a.marks.purge_at ?? '') - Date.parse(b.marks.purge_at ?? ''));
}
