/**
 * A request that did not succeed (RFC 9457). `code` chooses the words.
 * Codes made here, not by the server: `offline` (nothing came back: the outcome of a command is
 * unknown, not failed), `aborted`, `strange_answer` (not a problem document: a proxy in between).
 */
export class ApiProblem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly params: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${code} (${status})`);
    this.name = 'ApiProblem';
  }

  get isOffline(): boolean {
    return this.code === 'offline';
  }
}

/** Reads the problem document of a refusal. */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === 'object' && body !== null && 'code' in body) {
    const { code, params } = body as { code: unknown; params?: unknown };
    if (typeof code === 'string') {
      const known = typeof params === 'object' && params !== null ? params : {};
      return new ApiProblem(code, status, known as Record<string, unknown>);
    }
  }
  return new ApiProblem(status === 401 ? 'not_signed_in' : 'strange_answer', status);
}
