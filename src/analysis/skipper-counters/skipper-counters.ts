// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { HttpClient } from '../../lib/http-client.js';
import type { Logger } from '../../lib/logger.js';
import type { RoutedApp } from '../route-pattern.js';
import type { Traffic } from '../traffic.js';
import { recordGrowth, type CounterPage } from './counter-page.js';
import { ReplicaScraper, type ReplicaSource } from './replica-scraper.js';
import { RouteSelection, type RecordedApp } from './route-selection.js';
import { TrafficWindow } from './traffic-window.js';

/** How long the traffic of an application is recorded and kept. */
export interface RecordOptions {
  /** The longest window that will be read. */
  readonly windowMs: number;
  /** Recording ends when it is not asked for again within this time. */
  readonly keepMs: number;
}

export type CounterReading =
  /** Recording has just begun: no replica has been read twice yet. */
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'measured';
      readonly canary: Traffic;
      readonly primary: Traffic;
      /** The time that it is about. */
      readonly windowMs: number;
      /** Whether recording began early enough to cover the whole window. */
      readonly isWhole: boolean;
      readonly answeringReplicas: number;
      readonly knownReplicas: number;
    };

/** Which traffic is asked for. */
export interface ReadOptions {
  /** What was served in so much time; a little longer where the replicas are read too seldom for it. */
  readonly windowMs: number;
  /** Never more than this: the age of the revision that it is about. */
  readonly longestMs: number;
}

/** Records what Skipper serves, for applications that somebody wants to know about; for none, it makes no requests. */
export interface SkipperCounters {
  /** Begins to record the traffic of an application, or goes on with it. */
  record(app: RoutedApp, options: RecordOptions): void;
  /**
   * What was served lately; what may be older is not in it.
   * @throws MetricQueryError when the replicas cannot be found or read, or do not count by route
   */
  read(app: RoutedApp, options: ReadOptions): CounterReading;
  /** Reads the metrics of some replica. @throws MetricQueryError when there is none, or none that answers */
  checkOnline(signal: AbortSignal): Promise<void>;
  /** Ends all recordings. */
  close(): void;
}

export interface SkipperCountersDeps {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly replicas: ReplicaSource;
}

/** The traffic of longer windows is that of this one: it bounds the memory of a recording. */
const longestWindowMs = 3_600_000;
/** Recording begins with the first weight; so much later is still as good as then. */
const startSlackMs = 5_000;

interface Recording extends RecordedApp {
  expiresMs: number;
  /** When the first replica was read for it. */
  beganMs: number | undefined;
  /** Some replica has been read twice. */
  hasGrowth: boolean;
}

export function createSkipperCounters(deps: SkipperCountersDeps): SkipperCounters {
  return new Recorder(deps);
}

class Recorder implements SkipperCounters {
  private readonly recordings = new Map<string, Recording>();
  private readonly scraper: ReplicaScraper;
  private selection = new RouteSelection(new Set());
  private cancelExpiry = (): void => undefined;

  constructor(private readonly deps: SkipperCountersDeps) {
    this.scraper = new ReplicaScraper({
      ...deps,
      selection: () => this.selection,
      onPage: (page, before) => this.take(page, before),
    });
  }

  record(app: RoutedApp, { windowMs, keepMs }: RecordOptions): void {
    const recording = this.recordings.get(keyOf(app)) ?? this.begin(app);
    for (const window of Object.values(recording.windows)) window.keep(Math.min(windowMs, longestWindowMs));
    recording.expiresMs = Math.max(recording.expiresMs, this.deps.clock.monotonicMs() + keepMs);
    this.scheduleExpiry();
    this.scraper.start();
  }

  read(app: RoutedApp, options: ReadOptions): CounterReading {
    this.scraper.assertUsable();
    const recording = this.recordings.get(keyOf(app));
    if (recording?.beganMs === undefined || !recording.hasGrowth) return { kind: 'starting' };
    // Only a window of two periods surely holds two pages of each replica.
    const readableMs = Math.max(options.windowMs, 2 * this.scraper.longestPeriodMs);
    const windowMs = Math.min(readableMs, options.longestMs, longestWindowMs);
    const sinceMs = this.deps.clock.monotonicMs() - windowMs;
    return {
      kind: 'measured',
      canary: recording.windows.canary.since(sinceMs),
      primary: recording.windows.primary.since(sinceMs),
      windowMs,
      isWhole: recording.beganMs <= sinceMs + startSlackMs,
      answeringReplicas: this.scraper.answeringReplicas,
      knownReplicas: this.scraper.knownReplicas,
    };
  }

  checkOnline(signal: AbortSignal): Promise<void> {
    return this.scraper.checkOnline(signal);
  }

  close(): void {
    this.cancelExpiry();
    this.recordings.clear();
    this.scraper.stop();
  }

  private begin(app: RoutedApp): Recording {
    const windows = { canary: new TrafficWindow(), primary: new TrafficWindow() };
    const recording = { app, windows, expiresMs: 0, beganMs: undefined, hasGrowth: false };
    this.recordings.set(keyOf(app), recording);
    this.selection = new RouteSelection(new Set(this.recordings.values()));
    return recording;
  }

  private take(page: CounterPage, before: CounterPage | undefined): void {
    if (before !== undefined) recordGrowth(before, page);
    for (const recording of this.recordings.values()) {
      if (!page.selection.has(recording)) continue;
      recording.beganMs ??= page.taken.toMs;
      recording.hasGrowth ||= before?.selection.has(recording) === true;
    }
  }

  private scheduleExpiry(): void {
    this.cancelExpiry();
    const { clock } = this.deps;
    const nextMs = Math.min(...[...this.recordings.values()].map(({ expiresMs }) => expiresMs));
    this.cancelExpiry = clock.schedule(nextMs - clock.monotonicMs(), () => this.expire());
  }

  private expire(): void {
    const nowMs = this.deps.clock.monotonicMs();
    for (const [key, { expiresMs }] of this.recordings) if (expiresMs <= nowMs) this.recordings.delete(key);
    this.selection = new RouteSelection(new Set(this.recordings.values()));
    if (this.recordings.size === 0) this.scraper.stop();
    else this.scheduleExpiry();
  }
}

function keyOf({ namespace, ingressName, serviceName, mirrored }: RoutedApp): string {
  return `${namespace}/${ingressName}/${serviceName}${mirrored ? '/mirrored' : ''}`;
}
