// SPDX-License-Identifier: Apache-2.0
import type { MeasuredCheck } from '../../api/canary-status.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { errorText } from '../../lib/operator-error.js';
import type { Announcement, CheckOutcome, CheckPart, CheckRequest, CheckState } from '../../rollout/index.js';

/** What one part of a check found; undefined outcome: passed, go on with the next part. */
export interface PartResult {
  readonly outcome?: CheckOutcome;
  readonly announcements: readonly Announcement[];
  readonly measured?: readonly MeasuredCheck[];
}

/** Runs one part. Rejects only for defects of this program; everything that can go wrong outside is an outcome. */
export type PartRunner<Subject> = (
  part: CheckPart,
  subject: Subject,
  request: CheckRequest,
  signal: AbortSignal,
) => Promise<PartResult>;

export interface CheckRunnerDeps<Subject> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly runPart: PartRunner<Subject>;
  /** A check of this Canary is done: its reconcile should look. */
  readonly onDone: (uid: string) => void;
  /** Told how long each check took that was not aborted. */
  readonly onMeasured?: (request: CheckRequest, subject: Subject, durationMs: number) => void;
}

/** What a whole check found. */
type CheckResult = Pick<Extract<CheckState, { kind: 'done' }>, 'outcome' | 'announcements' | 'measured'>;

interface Entry {
  readonly abort: AbortController;
  state: Exclude<CheckState, { kind: 'none' }>;
}

/** A check that nothing waits for. */
interface Trailing {
  readonly uid: string;
  readonly abort: AbortController;
}

/**
 * Runs metric checks, hooks and gates beside the reconcile loop (R5), at most one check a Canary. Results wait here
 * until a reconcile has used them. A restart forgets all of it; what was running is asked again.
 */
export class CheckRunner<Subject> {
  private readonly entries = new Map<string, Entry>();
  private readonly trailing = new Map<Trailing, Promise<void>>();

  constructor(private readonly deps: CheckRunnerDeps<Subject>) {}

  state(uid: string): CheckState {
    return this.entries.get(uid)?.state ?? { kind: 'none' };
  }

  /** Makes the wanted check the only one of this Canary: starts it if it is new, aborts any other. */
  ensure(uid: string, wanted: CheckRequest | undefined, subject: Subject): void {
    const { state } = this.entries.get(uid) ?? {};
    if (wanted !== undefined && state?.subject === wanted.subject && state.attempt === wanted.attempt) return;
    this.abort(uid);
    if (wanted !== undefined) this.start(uid, wanted, subject);
  }

  /** The result has been acted on and announced. */
  markUsed(uid: string): void {
    const entry = this.entries.get(uid);
    if (entry?.state.kind === 'done') entry.state = { ...entry.state, fresh: false };
  }

  /** Ends the check of a Canary; its result will not be heard. */
  abort(uid: string): void {
    this.entries.get(uid)?.abort.abort();
    this.entries.delete(uid);
  }

  /** Ends everything that runs for a Canary that is gone; nobody hears of it any more. */
  forget(uid: string): void {
    this.abort(uid);
    for (const each of this.trailing.keys()) if (each.uid === uid) each.abort.abort();
  }

  /** Runs a check that nothing waits for and hands over what it said, unless it is ended before. */
  follow(uid: string, wanted: CheckRequest, subject: Subject, report: (said: readonly Announcement[]) => void): void {
    const each: Trailing = { uid, abort: new AbortController() };
    const ended = this.trail(each, wanted, subject, report).finally(() => this.trailing.delete(each));
    this.trailing.set(each, ended);
  }

  /** Ends all checks; those that nothing waits for get a moment to end by themselves, because nobody runs them again. */
  async close(graceMs: number): Promise<void> {
    for (const uid of [...this.entries.keys()]) this.abort(uid);
    const over = new AbortController();
    const ended = Promise.all(this.trailing.values());
    await Promise.race([ended, this.deps.clock.sleep(graceMs, over.signal)]);
    over.abort();
    for (const { abort } of this.trailing.keys()) abort.abort();
  }

  private async trail(
    { abort: { signal } }: Trailing,
    wanted: CheckRequest,
    subject: Subject,
    report: (said: readonly Announcement[]) => void,
  ): Promise<void> {
    const { outcome, announcements } = await this.runParts(wanted, subject, signal);
    if (signal.aborted) return;
    report(outcome.kind === 'failed' ? [...announcements, outcome.event] : announcements);
  }

  private start(uid: string, request: CheckRequest, subject: Subject): void {
    const abort = new AbortController();
    const { subject: about, attempt } = request;
    const startedMs = this.deps.clock.monotonicMs();
    const entry: Entry = { abort, state: { kind: 'running', subject: about, attempt } };
    this.entries.set(uid, entry);
    void this.runParts(request, subject, abort.signal).then((result) => {
      if (abort.signal.aborted) return;
      const finishedAtMs = this.deps.clock.nowMs();
      entry.state = { kind: 'done', subject: about, attempt, ...result, finishedAtMs, fresh: true };
      this.deps.onMeasured?.(request, subject, this.deps.clock.monotonicMs() - startedMs);
      this.deps.onDone(uid);
    });
  }

  private async runParts(request: CheckRequest, subject: Subject, signal: AbortSignal): Promise<CheckResult> {
    const announcements: Announcement[] = [];
    const measured: MeasuredCheck[] = [];
    for (const part of request.parts) {
      const result = await this.runPartSafely(part, subject, request, signal);
      announcements.push(...result.announcements);
      measured.push(...(result.measured ?? []));
      if (result.outcome !== undefined && result.outcome.kind !== 'passed') {
        return { outcome: result.outcome, announcements, measured };
      }
    }
    return { outcome: { kind: 'passed' }, announcements, measured };
  }

  /** A defect in a check is a failed check, not a crash: no data is not good news. */
  private async runPartSafely(
    part: CheckPart,
    subject: Subject,
    request: CheckRequest,
    signal: AbortSignal,
  ): Promise<PartResult> {
    try {
      return await this.deps.runPart(part, subject, request, signal);
    } catch (error) {
      // Whoever ended the check does not want to hear of it.
      if (!signal.aborted) this.deps.log.error({ err: error, part, subject: request.subject }, 'a check broke');
      const message = `Check ${part} could not be run: ${errorText(error)}`;
      return {
        outcome: { kind: 'failed', event: { kind: 'event', type: 'Warning', level: 'error', message } },
        announcements: [],
      };
    }
  }
}
