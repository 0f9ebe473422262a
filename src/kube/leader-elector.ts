// SPDX-License-Identifier: Apache-2.0
import type { Lease, ObjectKey } from '../api/kubernetes.js';
import type { Clock } from '../lib/clock.js';
import { defined } from '../lib/defined.js';
import { sameJson } from '../lib/hash.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import type { Random } from '../lib/random.js';
import { isAlreadyExists, isConflict } from './errors.js';
import type { Reader, RequestOptions, Writer } from './kube-client.js';
import { linkAbort } from './linked-abort.js';
import { resources } from './resources.js';

export interface LeaderElectionTimings {
  /** A candidate takes the lease over when it has not seen it change for this long. */
  readonly leaseMs: number;
  /** The leader stops when it has not renewed for this long; shorter than `leaseMs`, so that two never lead. */
  readonly renewDeadlineMs: number;
  /** Between two attempts to acquire or renew. */
  readonly retryMs: number;
}

export const defaultTimings: LeaderElectionTimings = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
export const defaultLeaseName = 'flagger-leader-election';

export interface LeaderElectorOptions {
  /** A client of its own: without the write guard that asks this elector, and not behind others in a rate limit. */
  readonly client: Pick<Reader, 'get'> & Pick<Writer, 'create' | 'replace'>;
  readonly namespace: string;
  /** Default `flagger-leader-election`. */
  readonly leaseName?: string;
  /** Unique among all processes, ever: `{hostname}_{uuid}`. */
  readonly identity: string;
  readonly timings?: LeaderElectionTimings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Leadership {
  /**
   * The leader's work. Its signal is aborted when leadership is lost or the elector is stopped; in the latter case
   * the lease is held until this settles, and released then.
   */
  readonly onStarted: (signal: AbortSignal) => Promise<void>;
  /** Called at once when leadership is lost, before the work has ended. */
  readonly onLost: () => void;
}

/**
 * Elects one leader among all replicas by a Lease. Clocks of two machines are never compared: a candidate measures by
 * its own monotonic clock how long the Lease has not changed, and the leader how long ago it began its last renewal.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #timings: LeaderElectionTimings;
  readonly #key: ObjectKey;
  /** The Lease as last seen, and when (monotonic) it was first seen like that. */
  #seen: { readonly lease: Lease; readonly sinceMs: number } | undefined;
  /** Monotonic start of the last renewal that succeeded; undefined while not leading. */
  #renewedMs: number | undefined;
  #reportedLeader = '';

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#timings = options.timings ?? defaultTimings;
    this.#key = { namespace: options.namespace, name: options.leaseName ?? defaultLeaseName };
  }

  /** Whether this process may write now. Ask before every write. */
  isLeading(): boolean {
    return this.#renewedMs !== undefined && this.#elapsedMs(this.#renewedMs) < this.#timings.renewDeadlineMs;
  }

  /**
   * Stands for election, leads, and ends when the signal is aborted (after the work has settled and the lease is
   * released) or when leadership is lost. To be called once.
   * @throws what the work throws, after the lease is released; after a loss, the work's end is not waited for
   */
  async run(signal: AbortSignal, leadership: Leadership): Promise<'stopped' | 'lost'> {
    const { identity, log } = this.#options;
    const { name, namespace } = this.#key;
    log.info({ identity }, `Starting leader election id: ${identity} configmap: ${name} namespace: ${namespace}`);
    if (!(await this.#acquire(signal))) return 'stopped';
    log.info({ identity }, 'Acting as elected leader');
    const term = linkAbort(signal);
    const settled = new AbortController();
    const work = leadership
      .onStarted(term.signal)
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
      .finally(() => settled.abort());
    try {
      if ((await this.#renewUntil(settled.signal)) === 'lost') {
        this.#renewedMs = undefined;
        term.abort(new Error('Leadership lost'));
        log.error({ identity }, 'Leadership lost');
        leadership.onLost();
        return 'lost';
      }
      await this.#release();
      const failure = await work;
      if (failure !== undefined) throw failure.error;
      return 'stopped';
    } finally {
      term.unlink();
    }
  }

  /** @returns false when the signal was aborted first */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      if (await this.#attempt(signal, (options) => this.#tryAcquire(options))) return true;
      // Spread out, so that candidates do not all reach for a free lease at the same moment.
      await clock.sleep(this.#timings.retryMs * (1 + random()), signal);
    }
    return false;
  }

  /** Renews until the work has settled. */
  async #renewUntil(settled: AbortSignal): Promise<'settled' | 'lost'> {
    for (;;) {
      await this.#options.clock.sleep(this.#timings.retryMs, settled);
      if (settled.aborted) return 'settled';
      await this.#attempt(undefined, (options) => this.#tryRenew(options));
      if (!this.isLeading()) return 'lost';
    }
  }

  /**
   * Runs one exchange with the apiserver; a success extends the leadership from the moment it began. Half of the
   * deadline at most, so that after a connection that hangs there is time for one more attempt on another.
   */
  async #attempt(
    signal: AbortSignal | undefined,
    exchange: (options: RequestOptions) => Promise<Lease | undefined>,
  ): Promise<boolean> {
    const { clock, log } = this.#options;
    const startedMs = clock.monotonicMs();
    const deadline = linkAbort(signal);
    const cancelTimer = clock.schedule(this.#attemptMs, () => deadline.abort(new Error('the lease request timed out')));
    try {
      const lease = await exchange({ signal: deadline.signal, attempts: 1 });
      if (lease === undefined) return false;
      this.#observe(lease);
      this.#renewedMs = startedMs;
      return true;
    } catch (error) {
      const fields = { error: errorText(error) };
      if (isConflict(error) || isAlreadyExists(error)) log.debug(fields, 'another replica changed the lease');
      else if (signal?.aborted !== true) log.warn(fields, 'lease could not be read or written');
      return false;
    } finally {
      cancelTimer();
      deadline.unlink();
    }
  }

  get #attemptMs(): number {
    const { renewDeadlineMs } = this.#timings;
    const leftMs = this.#renewedMs === undefined ? renewDeadlineMs : renewDeadlineMs - this.#elapsedMs(this.#renewedMs);
    return Math.min(leftMs, renewDeadlineMs / 2);
  }

  /** @returns the lease that we hold now, or undefined when another holds it */
  async #tryAcquire(options: RequestOptions): Promise<Lease | undefined> {
    const { client } = this.#options;
    const lease = await client.get(resources.leases, this.#key, options);
    if (lease === undefined) return client.create(resources.leases, this.#newLease(), options);
    this.#observe(lease);
    if (this.#isHeldByAnother()) return undefined;
    return client.replace(resources.leases, this.#claim(lease), options);
  }

  /** As `#tryAcquire`; usually a single PUT. */
  async #tryRenew(options: RequestOptions): Promise<Lease | undefined> {
    const { client, identity } = this.#options;
    const known = this.#seen?.lease;
    if (known !== undefined) {
      try {
        return await client.replace(resources.leases, this.#claim(known), options);
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    const lease = await client.get(resources.leases, this.#key, options);
    if (lease === undefined) return client.create(resources.leases, this.#newLease(), options);
    this.#observe(lease);
    if (lease.spec?.holderIdentity === identity) return client.replace(resources.leases, this.#claim(lease), options);
    // Taken over: not leading from this moment on, whatever the deadline says.
    this.#renewedMs = undefined;
    return undefined;
  }

  async #release(): Promise<void> {
    const { client, clock, log } = this.#options;
    const lease = this.#seen?.lease;
    if (!this.isLeading() || lease === undefined) return;
    this.#renewedMs = undefined;
    const timeout = new AbortController();
    const cancelTimer = clock.schedule(this.#timings.retryMs, () => timeout.abort(new Error('timed out')));
    const { acquireTime, leaseTransitions } = lease.spec ?? {};
    const spec = defined({ leaseDurationSeconds: 1, renewTime: this.#microTime(), acquireTime, leaseTransitions });
    try {
      await client.replace(resources.leases, { ...lease, spec }, { signal: timeout.signal, attempts: 1 });
      log.info({}, 'Leadership released');
    } catch (error) {
      // The others take over when the lease has run out.
      log.warn({ error: errorText(error) }, 'lease could not be released');
    } finally {
      cancelTimer();
    }
  }

  #observe(lease: Lease): void {
    const isRenewed = this.#seen === undefined || !sameJson(this.#seen.lease.spec, lease.spec);
    const sinceMs = isRenewed ? this.#options.clock.monotonicMs() : (this.#seen?.sinceMs ?? 0);
    this.#seen = { lease, sinceMs };
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== this.#reportedLeader && holder !== this.#options.identity) {
      this.#options.log.info({ leader: holder }, `Another instance has been elected as leader: ${holder}`);
    }
    this.#reportedLeader = holder;
  }

  #isHeldByAnother(): boolean {
    if (this.#seen === undefined) return false;
    const { holderIdentity = '', leaseDurationSeconds = 0 } = this.#seen.lease.spec ?? {};
    if (holderIdentity === '' || holderIdentity === this.#options.identity) return false;
    // The holder may run with longer timings than ours, as Flagger does.
    return this.#elapsedMs(this.#seen.sinceMs) < Math.max(this.#timings.leaseMs, leaseDurationSeconds * 1_000);
  }

  /** The lease with this process as its holder, renewed now. */
  #claim(lease: Lease): Lease {
    const { identity } = this.#options;
    const renewTime = this.#microTime();
    const { holderIdentity, acquireTime = renewTime, leaseTransitions = 0 } = lease.spec ?? {};
    const isOurs = holderIdentity === identity;
    return {
      ...lease,
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timings.leaseMs / 1_000),
        acquireTime: isOurs ? acquireTime : renewTime,
        renewTime,
        leaseTransitions: isOurs ? leaseTransitions : leaseTransitions + 1,
      },
    };
  }

  #newLease(): Lease {
    const { apiVersion, kind } = resources.leases;
    return this.#claim({ apiVersion, kind, metadata: this.#key, spec: { leaseTransitions: -1 } });
  }

  #elapsedMs(sinceMs: number): number {
    return this.#options.clock.monotonicMs() - sinceMs;
  }

  /** For people who read the lease; no replica decides by it. */
  #microTime(): string {
    return new Date(this.#options.clock.nowMs()).toISOString().replace(/Z$/, '000Z');
  }
}
