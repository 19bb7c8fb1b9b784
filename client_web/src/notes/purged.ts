/** Which deletions of marks were followed on this tablet: by person, and only those that succeeded. */

/** A tablet whose store is locked or full at that moment is asked again, ms. */
const AGAIN_MS = 30_000;

export class Purged {
  private readonly done = new Map<string, Set<string>>();
  /** Who is being served, and what has been seen for them meanwhile. */
  private readonly busy = new Map<string, readonly string[] | null>();
  /** Of the newest look; what an older one left undone is no longer wanted. */
  private looks = 0;

  constructor(
    private readonly forget: (meetingIds: readonly string[]) => Promise<void>,
    private readonly later: (run: () => void) => void = (run) => setTimeout(run, AGAIN_MS),
  ) {}

  /** The marks of these meetings are no more for `person`; what is not done yet is done. */
  async see(person: string | null, meetingIds: readonly string[]): Promise<void> {
    this.looks += 1;
    const look = this.looks;
    if (person === null) return;
    if (this.busy.has(person)) return void this.busy.set(person, meetingIds);
    const done = this.done.get(person) ?? new Set();
    this.done.set(person, done);
    const gone = meetingIds.filter((id) => !done.has(id));
    if (gone.length === 0) return;
    this.busy.set(person, null);
    try {
      await this.forget(gone);
      for (const id of gone) done.add(id);
    } catch {
      this.later(() => {
        if (look === this.looks) void this.see(person, meetingIds);
      });
    }
    const meanwhile = this.busy.get(person);
    this.busy.delete(person);
    if (meanwhile) await this.see(person, meanwhile);
  }
}
