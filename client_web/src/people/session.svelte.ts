/**
 * Who works at this device: the session with the server, and the sealed copy when there is none.
 *
 *   starting ─▶ out ─sign in─▶ in ─sign out─▶ out
 *      └─ no server, a lease lies here ─▶ locked ─PIN─▶ in (offline)
 *
 * Untouched for long it is `locked` too, or `out` without a PIN, and a reload opens nothing.
 * `expired` while in: the server no longer knows the session; the page stays, the outbox waits.
 */
import { sealed, type Going, type UnlockAnswer } from '../sealed';
import {
  api,
  ApiProblem,
  connection,
  deviceId,
  deviceLabel,
  HELLO_REFUSED,
  recallDevice,
} from '../wire';
import type { About, Lease, Me, SessionStanding, SignedIn } from '../wire';
import {
  adoptLease,
  enteredHere,
  idleLock,
  isRevoked,
  pendingClearing,
  pendingSignOut,
  rememberedMe,
} from './presence';

/** A lease lasts days; renewed this early, only who stays away for as long comes near its end. */
const RENEW_BEFORE_MS = 2 * 24 * 60 * 60_000;

export type Phase = 'starting' | 'out' | 'locked' | 'in';

/** Changes that have not reached the server, and those of them that this device does not hold. */
export interface UnsentWork {
  unsent: number;
  unkept: number;
  /** Answers that were begun and not sent. */
  drafts: number;
}

class Session {
  phase = $state<Phase>('starting');
  me = $state.raw<Me | null>(null);
  about = $state.raw<About | null>(null);
  /** Signed in before, but the server asks again. */
  expired = $state(false);
  /** Locked because nobody touched the tablet. */
  idle = $state(false);
  /** The lease of this device was taken back: what lay on it is gone. */
  revoked = $state(false);
  /** Nothing came back from the server at the start. */
  unreachable = $state(false);
  /** This browser lets us encrypt, so offline work is possible. */
  canSeal = $state(true);
  hasPin = $state(false);
  /** A sign-out could not take away what lies on this device. */
  leftBehind = $state(false);
  private leaving: Promise<void> | null = null;
  /** What of this person's work has not reached the server, once what is being written is written;
   * the app joins the outbox here. */
  unsentWork: () => Promise<UnsentWork> = () =>
    Promise.resolve({ unsent: 0, unkept: 0, drafts: 0 });
  /** What is open is closed and kept; the app joins the marks here. */
  endWork: () => void = () => undefined;

  constructor() {
    api.onSessionEnded = () => this.ended();
    connection.onTurnedAway = (code) => void this.probe(code);
    // Somebody signed in again in another tab: the session lives for this one too.
    connection.onState((state) => {
      if (state !== 'live') return;
      this.expired = false;
      void this.renewSoon();
    });
    sealed.subscribe(() => this.sealChanged());
    sealed.beforeItGoes((why) => this.keyGoes(why));
  }

  /** The first thing the app does; also "try again" on the sign-in page. */
  async start(): Promise<void> {
    void this.loadAbout();
    await this.recall();
    await this.clearAgain();
    this.unreachable = false;
    if (idleLock.is() && this.staysLocked()) return;
    try {
      if (pendingSignOut.is()) await this.finishSignOut();
      if (!enteredHere.is() && !(await this.isKnown())) {
        this.phase = 'out';
        this.ended();
        return;
      }
      const [me, lease] = await Promise.all([
        api.get<Me>('/api/me'),
        api.post<Lease>('/api/lease'),
      ]);
      await this.enter(me, lease);
    } catch (problem) {
      const known = problem instanceof ApiProblem;
      this.unreachable = known && (problem.status === 0 || problem.status >= 500);
      this.phase = this.unreachable && sealed.state() === 'locked' ? 'locked' : 'out';
      if (!known) throw problem;
    }
  }

  /** Whether this browser has a session: asked where nobody is remembered. */
  private async isKnown(): Promise<boolean> {
    return (await api.get<SessionStanding>('/api/session')).signed_in;
  }

  /** What lies here says under which name its key was leased. */
  private async recall(): Promise<void> {
    await sealed.ready.catch(() => (this.canSeal = false));
    const device = sealed.device();
    if (device !== null) recallDevice(device);
  }

  /** Only the PIN opens what was locked; where there is none any more, the session is opened anew. */
  private staysLocked(): boolean {
    this.idle = true;
    const byPin = this.canSeal && sealed.state() === 'locked';
    if (byPin) this.phase = 'locked';
    else {
      pendingSignOut.remember();
      enteredHere.forget();
      idleLock.forget();
    }
    return byPin;
  }

  async loadAbout(): Promise<void> {
    this.about = await api.get<About>('/api/about').catch(() => this.about);
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.recall();
    const device = { id: deviceId(), label: deviceLabel() };
    const answer = await api.post<SignedIn>('/api/sign-in', { username, password, device });
    await this.enter(answer.me, answer.lease);
  }

  async enterDemo(tile: string): Promise<void> {
    await this.recall();
    const device = { id: deviceId(), label: deviceLabel() };
    const answer = await api.post<SignedIn>('/api/demo/enter', { tile, device });
    await this.enter(answer.me, answer.lease);
  }

  /** Opens what lies on this device, without the server. */
  async unlock(pin: string): Promise<UnlockAnswer> {
    const answer = await sealed.unlock(pin);
    if (answer === 'wiped') this.endSession();
    if (answer !== 'ok') return answer;
    const me = await rememberedMe();
    if (me === null) return 'wiped';
    this.me = me;
    this.phase = 'in';
    this.expired = false;
    this.idle = false;
    idleLock.forget();
    connection.start();
    // Says whether the server still knows the session.
    void this.refresh();
    return 'ok';
  }

  /**
   * Nobody has touched the tablet for long: what is shown goes, what is kept stays sealed. The
   * server's session goes on only where the PIN guards it.
   */
  lock(): void {
    if (this.phase !== 'in') return;
    const remembered = idleLock.remember();
    if (!this.hasPin || !remembered) this.endSession();
    void this.hide().then(() => {
      if (this.canSeal && this.phase !== 'in' && sealed.state() === 'unlocked') sealed.lock();
    });
  }

  /** Resolves when the key may go. */
  private hide(): Promise<unknown> {
    const written = this.workWritten();
    connection.stop();
    this.idle = true;
    this.phase = this.hasPin ? 'locked' : 'out';
    this.me = null;
    return written;
  }

  /** What is being written needs the key for a moment yet; all of it begins before the key is
   * asked to go, also what is only made when a card is closed. */
  private workWritten(): Promise<unknown> {
    this.endWork();
    return this.unsentWork().catch(() => undefined);
  }

  /** Another tab locked the device or signs out; two windows may stand side by side. */
  private async keyGoes(why: Going): Promise<unknown> {
    if (this.phase !== 'in' || !this.canSeal) return;
    if (why === 'lock') return this.hide();
    const written = this.workWritten();
    this.forget();
    return written;
  }

  /** Ends the session on the server, now or at the next contact. */
  private endSession(): void {
    pendingSignOut.remember();
    enteredHere.forget();
    void this.finishSignOut().catch(() => undefined);
  }

  /** Asks anew who this is: the idle time depends on the meetings that are running. */
  async refresh(): Promise<void> {
    const me = await api.get<Me>('/api/me').catch(() => null);
    if (me !== null && this.phase === 'in' && me.person.id === this.me?.person.id) this.me = me;
  }

  askPin(): void {
    this.phase = 'locked';
  }

  askPassword(): void {
    this.phase = 'out';
  }

  async setPin(pin: string): Promise<void> {
    await sealed.setPin(pin);
    this.hasPin = true;
  }

  async signOut(keepUnsent: boolean): Promise<void> {
    // What is kept must be written while there is a key.
    if (keepUnsent) await this.workWritten();
    connection.stop();
    pendingSignOut.remember();
    enteredHere.forget();
    // The key goes first: even if the server does not answer, nothing here can be read any more.
    if (this.canSeal) await this.clear(keepUnsent);
    idleLock.forget();
    this.me = null;
    this.expired = false;
    this.idle = false;
    this.phase = 'out';
    location.hash = '#/';
    await this.finishSignOut().catch(() => undefined);
  }

  /** Takes away what lies here; where the browser refuses, it is said and tried again. */
  private async clear(keepUnsent: boolean): Promise<void> {
    try {
      await sealed.leave({ keepUnsent });
      pendingClearing.forget();
      this.leftBehind = false;
    } catch {
      pendingClearing.remember(keepUnsent ? 'keep' : 'drop');
      this.leftBehind = true;
    }
  }

  private async clearAgain(): Promise<void> {
    const word = pendingClearing.word();
    if (word !== null) await this.clear(word === 'keep');
  }

  private async finishSignOut(): Promise<void> {
    try {
      await api.post('/api/sign-out');
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || problem.status !== 401) throw problem;
    }
    pendingSignOut.forget();
  }

  private async enter(me: Me, lease: Lease): Promise<void> {
    pendingSignOut.forget();
    enteredHere.remember();
    if (this.me !== null && this.me.person.id !== me.person.id) connection.stop();
    await this.clearAgain();
    // Work dropped for good that still lies here must not be opened, or it would be sent after all.
    const dropped = pendingClearing.word() === 'drop';
    this.canSeal = !dropped && (await adoptLease(lease, me).catch(() => false));
    if (this.canSeal) {
      // What was to be kept is its owner's again; of somebody else's only unsent work stays.
      pendingClearing.forget();
      this.leftBehind = false;
    }
    this.hasPin = this.canSeal && sealed.hasPin();
    this.me = me;
    this.expired = false;
    this.unreachable = false;
    this.idle = false;
    idleLock.forget();
    this.revoked = false;
    this.phase = 'in';
    connection.start();
  }

  /** Before the lease runs out under somebody's hands: a new one, while the server is in reach. */
  async renewSoon(now: number = Date.now()): Promise<void> {
    const end = sealed.expiresAt()?.getTime();
    if (this.phase !== 'in' || !this.canSeal || end === undefined || end - now > RENEW_BEFORE_MS) {
      return;
    }
    await this.renew().catch(() => undefined);
  }

  private async renew(): Promise<void> {
    const [me, lease] = await Promise.all([api.get<Me>('/api/me'), api.post<Lease>('/api/lease')]);
    if (this.phase !== 'in' || this.me?.person.id !== me.person.id) return;
    await adoptLease(lease, me);
    this.me = me;
  }

  /** The lease is over: who is still signed in gets another one, everybody else has to leave. */
  private async renewOrLeave(): Promise<void> {
    try {
      await this.renew();
    } catch {
      if (sealed.state() === 'expired') this.forget();
    }
  }

  private forget(): void {
    connection.stop();
    this.me = null;
    this.phase = 'out';
  }

  private ended(): void {
    enteredHere.forget();
    if (this.phase === 'in') this.expired = true;
    // Several requests may be turned away at once: one of them asks.
    this.leaving ??= this.leaveIfRevoked().finally(() => (this.leaving = null));
  }

  /** Perhaps the session ended because this device was revoked: then nothing stays on it. */
  private async leaveIfRevoked(): Promise<void> {
    const person = sealed.person();
    const device = sealed.device();
    if (person === null || device === null || !(await isRevoked(person, device))) return;
    connection.stop();
    await this.clear(false);
    this.me = null;
    this.expired = false;
    this.revoked = true;
    this.phase = 'out';
  }

  /** The live connection was turned away: has the session ended, or is there no network? */
  private async probe(code: number): Promise<void> {
    if (this.phase !== 'in' || this.expired) return;
    // The session belongs to another device name (storage was cleared): it has to be opened anew.
    if (code === HELLO_REFUSED) this.expired = true;
    await api.get<Me>('/api/me').catch(() => undefined);
  }

  private sealChanged(): void {
    const state = sealed.state();
    this.hasPin = sealed.hasPin();
    if (this.phase === 'in' && this.canSeal && state === 'expired') void this.renewOrLeave();
    // Another tab signed out: this tab forgets too.
    if (this.phase === 'in' && this.canSeal && state === 'none') this.forget();
    // Another tab was left untouched, or gave the device to somebody else.
    if (this.phase === 'in' && this.canSeal && state === 'locked') void this.hide();
  }
}

export const session = new Session();
