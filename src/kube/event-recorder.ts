// SPDX-License-Identifier: Apache-2.0
import type { CoreEvent, ObjectMeta } from '../api/kubernetes.js';
import type { Clock } from '../lib/clock.js';
import { defined } from '../lib/defined.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { isAlreadyExists, isNotFound } from './errors.js';
import type { RequestOptions, Writer } from './kube-client.js';
import { isAborted } from './linked-abort.js';
import { resources } from './resources.js';

/** The object that an Event is about. */
export interface RegardingObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface EventNote {
  readonly regarding: RegardingObject;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  /** One rollout. Within it a repeated message raises the count of its Event; a new episode writes new Events (R21). */
  readonly episode: string;
}

export interface EventRecorder {
  /** Queues an Event and returns at once. Events of one object are written in the order of their first record. */
  record(note: EventNote): void;
  /** Resolves when everything recorded so far is written or given up, at the latest after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Pick<Writer, 'create' | 'mergePatch'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Events that wait to be written, over all objects. Default 1000; more are dropped, with a warning in the log. */
  readonly maxPending?: number;
  /** Objects whose Events are remembered for counting. Default 500, least recently used first out. */
  readonly maxObjects?: number;
  /** Ends writing for good. */
  readonly signal?: AbortSignal;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new QueuedEventRecorder(options);
}

const component = 'flagger';
const reason = 'Synced';
/** What the apiserver accepts. */
const maxMessageBytes = 1024;
/** 253 for the whole name, less the dot and 16 digits. */
const maxObjectNameLength = 236;
/** Distinct messages remembered per object and episode. */
const maxMessages = 50;
/** Objects written to at the same time. */
const maxWriters = 4;
/** With the client's backoff, about 40 s: Events outlive the restart of an apiserver. */
const attempts = 12;

/** An Event as it is, or shall be, in the cluster. */
interface Series {
  readonly note: EventNote;
  readonly firstMs: number;
  /** Of the Event. */
  name: string;
  lastMs: number;
  count: number;
  isWritten: boolean;
  isQueued: boolean;
}

/** Everything about one object. */
interface Subject {
  episode: string;
  /** By type and message, the longest unused first. */
  readonly series: Map<string, Series>;
  readonly queue: Series[];
  /** In line for a writer, or with one. */
  isScheduled: boolean;
}

class QueuedEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #maxPending: number;
  readonly #maxObjects: number;
  /** By uid, the longest unused first. */
  readonly #subjects = new Map<string, Subject>();
  /** Subjects with Events to write that no writer has taken, in turn. */
  readonly #waiting: Subject[] = [];
  readonly #writers = new Set<Promise<void>>();
  #pending = 0;
  #dropped = 0;
  #lastNanos = 0n;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#maxPending = options.maxPending ?? 1_000;
    this.#maxObjects = options.maxObjects ?? 500;
  }

  record(recorded: EventNote): void {
    const note = { ...recorded, message: cutMessage(recorded.message) };
    const subject = this.#subjectOf(note);
    const series = this.#seriesOf(subject, note);
    series.count += 1;
    series.lastMs = this.#options.clock.nowMs();
    // While a series waits for its turn, repetitions only raise its count: a dead apiserver costs no memory.
    if (series.isQueued || !this.#hasRoom()) return;
    series.isQueued = true;
    subject.queue.push(series);
    this.#pending += 1;
    this.#schedule(subject);
    this.#startWriter();
  }

  async flush(timeoutMs: number): Promise<void> {
    const done = new AbortController();
    const deadline = this.#options.clock.sleep(timeoutMs, done.signal).then(() => 'late' as const);
    while (this.#writers.size > 0) {
      if ((await Promise.race([deadline, ...this.#writers])) === 'late') break;
    }
    done.abort();
  }

  #subjectOf({ regarding, episode }: EventNote): Subject {
    const { uid, namespace = '', name } = regarding.metadata;
    const id = uid ?? `${regarding.kind} ${namespace}/${name}`;
    const subject = this.#subjects.get(id) ?? { episode, series: new Map(), queue: [], isScheduled: false };
    if (subject.episode !== episode) subject.series.clear();
    subject.episode = episode;
    touch(this.#subjects, id, subject, this.#maxObjects);
    return subject;
  }

  #seriesOf(subject: Subject, note: EventNote): Series {
    const id = `${note.type} ${note.message}`;
    const firstMs = this.#options.clock.nowMs();
    const series = subject.series.get(id) ?? {
      note,
      firstMs,
      name: this.#eventName(note.regarding.metadata.name),
      lastMs: firstMs,
      count: 0,
      isWritten: false,
      isQueued: false,
    };
    touch(subject.series, id, series, maxMessages);
    return series;
  }

  /** Strictly increasing even within one millisecond and when the wall clock goes back, so that names sort by time. */
  #eventName(objectName: string): string {
    const nowNanos = BigInt(Math.trunc(this.#options.clock.nowMs())) * 1_000_000n;
    this.#lastNanos = nowNanos > this.#lastNanos ? nowNanos : this.#lastNanos + 1n;
    const prefix = objectName.slice(0, maxObjectNameLength).replace(/[-.]+$/, '');
    return `${prefix}.${this.#lastNanos.toString(16).padStart(16, '0')}`;
  }

  #hasRoom(): boolean {
    if (this.#pending < this.#maxPending) return true;
    if (this.#dropped === 0) this.#options.log.warn({ pending: this.#pending }, 'too many events wait, dropping more');
    this.#dropped += 1;
    return false;
  }

  #schedule(subject: Subject): void {
    if (subject.isScheduled) return;
    subject.isScheduled = true;
    this.#waiting.push(subject);
  }

  #startWriter(): void {
    if (this.#writers.size >= maxWriters) return;
    const writer = this.#writeAll().finally(() => {
      this.#writers.delete(writer);
      // Whatever was scheduled while this writer was ending.
      if (this.#waiting.length > 0) this.#startWriter();
    });
    this.#writers.add(writer);
  }

  /** Takes one Event of each waiting object in turn. No two writers have the same object, so its Events keep their order. */
  async #writeAll(): Promise<void> {
    for (let subject = this.#waiting.shift(); subject !== undefined; subject = this.#waiting.shift()) {
      const series = subject.queue.shift();
      if (series !== undefined) await this.#write(series);
      subject.isScheduled = false;
      if (subject.queue.length > 0) this.#schedule(subject);
    }
    if (this.#dropped > 0) this.#options.log.warn({ dropped: this.#dropped }, 'events were dropped');
    this.#dropped = 0;
  }

  async #write(series: Series): Promise<void> {
    this.#pending -= 1;
    // From here on a repetition is not part of this write and queues the series again.
    series.isQueued = false;
    const { signal, log } = this.#options;
    if (isAborted(signal)) return;
    try {
      if (series.isWritten) await this.#raiseCount(series);
      else await this.#create(series);
      series.isWritten = true;
    } catch (error) {
      if (isAborted(signal)) return;
      const { regarding, message } = series.note;
      const object = `${regarding.kind} ${regarding.metadata.namespace ?? ''}/${regarding.metadata.name}`;
      log.warn({ object, event: message, error: errorText(error) }, 'event could not be written');
    }
  }

  async #raiseCount(series: Series): Promise<void> {
    const { client } = this.#options;
    const key = { namespace: series.note.regarding.metadata.namespace ?? '', name: series.name };
    const patch = { count: series.count, lastTimestamp: timestamp(series.lastMs) };
    try {
      await client.mergePatch(resources.events, key, patch, this.#requestOptions);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The apiserver forgets Events after an hour.
      series.name = this.#eventName(series.note.regarding.metadata.name);
      await this.#create(series);
    }
  }

  async #create(series: Series): Promise<void> {
    try {
      await this.#options.client.create(resources.events, eventOf(series), this.#requestOptions);
    } catch (error) {
      // Names are ours alone: an earlier attempt was carried out and only its answer was lost.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  get #requestOptions(): RequestOptions {
    return defined({ attempts, signal: this.#options.signal });
  }
}

function eventOf({ note, name, firstMs, lastMs, count }: Series): CoreEvent {
  const { apiVersion, kind, metadata } = note.regarding;
  const { namespace = '', uid, resourceVersion } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: defined({ apiVersion, kind, namespace, name: metadata.name, uid, resourceVersion }),
    reason,
    message: note.message,
    type: note.type,
    count,
    firstTimestamp: timestamp(firstMs),
    lastTimestamp: timestamp(lastMs),
    source: { component },
    reportingComponent: component,
  };
}

/** Cuts between characters, and shows that something is missing. */
function cutMessage(message: string): string {
  if (Buffer.byteLength(message) <= maxMessageBytes) return message;
  const ellipsis = '…';
  const room = maxMessageBytes - Buffer.byteLength(ellipsis);
  // `stream` holds an incomplete last character back instead of replacing it.
  const cut = new TextDecoder().decode(Buffer.from(message).subarray(0, room), { stream: true });
  return cut + ellipsis;
}

/** RFC 3339 in whole seconds, as Kubernetes writes its times. */
function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Sets an entry, moves it to the young end, and drops the oldest above the limit. */
function touch<V>(entries: Map<string, V>, id: string, value: V, limit: number): void {
  entries.delete(id);
  entries.set(id, value);
  for (const oldest of entries.keys()) {
    if (entries.size <= limit) return;
    entries.delete(oldest);
  }
}
