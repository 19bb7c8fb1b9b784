/**
 * Words for a refusal, from its code: `problem.CODE` in any feature's table. A code without words
 * (a newer server) still gives a whole sentence, with the code for whoever is asked for help.
 */
import { hasWords, t, type Params } from '.';

interface Problem {
  readonly code: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export function problemWords(problem: unknown): string {
  const { code, params } = coded(problem);
  const key = `problem.${code}`;
  return hasWords(key) ? t(key, params) : t('problem.unknown', { code });
}

function coded(problem: unknown): { code: string; params: Params } {
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) {
    return { code: problem instanceof Error ? problem.name : 'unexpected', params: {} };
  }
  const { code, params = {} } = problem as Problem;
  const plain = Object.entries(params).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  return { code, params: Object.fromEntries(plain) };
}
