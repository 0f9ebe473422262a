// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey } from '../api/kubernetes.js';
import type { Random } from '../lib/random.js';
import {
  ApiError,
  defaultRetryPolicy,
  errorOfStatus,
  keepMetadata,
  withRetry,
  type DeleteOptions,
  type JsonPatchOperation,
  type KubeClient,
  type ListOptions,
  type MergePatch,
  type ObjectPage,
  type PageOptions,
  type PatchOptions,
  type RequestOptions,
  type ResourceKind,
  type WatchFrame,
  type WatchOptions,
} from '../kube/index.js';
import { StatusError } from '../sandbox/api-server/index.js';
import type { Cluster } from './cluster.js';
import type { CallFate, Faults } from './faults.js';
import type { ProcessClock } from './process-clock.js';
import { openWatch } from './watch-feed.js';

/** A write of a process, counted from 1, at which it dies. */
export interface CrashPoint {
  readonly write: number;
  readonly isCarriedOut: boolean;
}

export interface DirectClientDeps {
  readonly cluster: Cluster;
  /** Of the process that asks. */
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly faults: Faults;
  /** The process dies: called at most once. */
  readonly onCrash: () => void;
  /** In place of what the dice say. */
  readonly crashAt: CrashPoint | undefined;
  /** Told of each write that is about to be carried out. */
  readonly onRequest?: (text: string) => void;
}

/** A request whose fate is decided before it reaches the server. */
interface Request<R> {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly text: string;
  readonly isWrite: boolean;
  readonly carryOut: () => R;
}

interface WriteRequest<T extends KubeObject> {
  readonly kind: ResourceKind<T>;
  readonly name: string;
  readonly verb: string;
  readonly options: RequestOptions;
}

/**
 * The operator's API client on the direct door of an API server in memory, with the retry policy and the errors of the real
 * one. Every request takes virtual time and may meet a fault.
 */
export class DirectClient implements KubeClient {
  #writes = 0;
  readonly #listed = new Set<string>();

  constructor(private readonly deps: DirectClientDeps) {}

  async get<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    options: RequestOptions = {},
  ): Promise<T | undefined> {
    const carryOut = (): T | undefined => this.deps.cluster.find(kind, key.name, key.namespace);
    return this.#retried({ kind, name: key.name, text: `get ${kind.plural}`, isWrite: false, carryOut }, options);
  }

  async list<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: ListOptions = {},
  ): Promise<readonly T[]> {
    const page = await withRetry(
      () => this.listPage(kind, namespace, { ...options, limit: 500 }),
      this.#retry(options),
    );
    return page.objects;
  }

  async listPage<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    { metadataOnly = false, labelSelector, fieldSelector, signal }: PageOptions,
  ): Promise<ObjectPage<T>> {
    const { cluster } = this.deps;
    const carryOut = (): ObjectPage<T> => {
      const query = { namespace: namespace ?? '', labelSelector, fieldSelector, ...this.#moment(kind.plural) };
      const { items, resourceVersion } = cluster.server.list(cluster.typeOf(kind), query);
      const objects: readonly KubeObject[] = metadataOnly ? items.map(keepMetadata) : items;
      // Parse boundary: the server holds objects of this kind only if they passed its schema.
      return { objects: objects as readonly T[], resourceVersion, continueToken: undefined };
    };
    const text = `list ${kind.plural}`;
    return this.#send({ kind, name: '', text, isWrite: false, carryOut }, signal);
  }

  watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: WatchOptions,
  ): Promise<AsyncGenerator<WatchFrame<T>>> {
    const carryOut = (): AsyncGenerator<WatchFrame<T>> => openWatch<T>(this.deps, kind, namespace, options);
    return this.#send({ kind, name: '', text: `watch ${kind.plural}`, isWrite: false, carryOut }, options.signal);
  }

  async create<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: RequestOptions = {}): Promise<T> {
    const { server } = this.deps.cluster;
    return this.#write({ kind, name: object.metadata.name, verb: 'create', options }, () =>
      server.create(this.deps.cluster.typeOf(kind), object.metadata.namespace ?? '', object),
    );
  }

  async replace<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: RequestOptions = {}): Promise<T> {
    const { server } = this.deps.cluster;
    return this.#write({ kind, name: object.metadata.name, verb: 'replace', options }, () =>
      server.update(this.deps.cluster.typeOf(kind), keyOf(object), object),
    );
  }

  async replaceStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: T,
    options: RequestOptions = {},
  ): Promise<T> {
    const { server } = this.deps.cluster;
    return this.#write({ kind, name: object.metadata.name, verb: 'status of', options }, () =>
      server.update(this.deps.cluster.typeOf(kind), keyOf(object), object, { subresource: 'status' }),
    );
  }

  async mergePatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: MergePatch,
    options: PatchOptions = {},
  ): Promise<T> {
    const { server } = this.deps.cluster;
    const whole = withPrecondition(patch, options.resourceVersion);
    return this.#write({ kind, name: key.name, verb: 'patch', options }, () =>
      server.patch(this.deps.cluster.typeOf(kind), key, { kind: 'merge', patch: whole }),
    );
  }

  async jsonPatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    operations: readonly JsonPatchOperation[],
    options: PatchOptions = {},
  ): Promise<T> {
    const { server } = this.deps.cluster;
    return this.#write({ kind, name: key.name, verb: 'patch', options }, () =>
      server.patch(this.deps.cluster.typeOf(kind), key, { kind: 'json', operations }),
    );
  }

  async delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { server } = this.deps.cluster;
    const { uid, resourceVersion } = options;
    const carryOut = (): void => {
      const preconditions = { uid, resourceVersion, propagationPolicy: 'Background' } as const;
      server.delete(this.deps.cluster.typeOf(kind), key, preconditions);
    };
    const text = `delete ${kind.plural} ${key.name}`;
    try {
      await this.#retried({ kind, name: key.name, text, isWrite: true, carryOut }, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'API_NOT_FOUND') throw error;
    }
  }

  serverVersion(): Promise<string> {
    return Promise.resolve('v1.35.0');
  }

  async #write<T extends KubeObject>(
    { kind, name, verb, options }: WriteRequest<T>,
    request: () => { readonly object: KubeObject },
  ): Promise<T> {
    // Parse boundary: what the server returns is the object that it was asked to write.
    const carryOut = (): T => request().object as T;
    return this.#retried({ kind, name, text: `${verb} ${kind.plural} ${name}`, isWrite: true, carryOut }, options);
  }

  #retried<R>(request: Request<R>, options: RequestOptions): Promise<R> {
    return withRetry(() => this.#send(request, options.signal), this.#retry(options));
  }

  #retry({ attempts, signal }: RequestOptions): Parameters<typeof withRetry>[1] {
    const { clock, random } = this.deps;
    const policy = { ...defaultRetryPolicy, ...(attempts !== undefined && { attempts }) };
    return { policy, clock, random, signal };
  }

  async #send<R>(request: Request<R>, signal: AbortSignal | undefined): Promise<R> {
    const { clock, faults } = this.deps;
    if (!clock.isAlive) return never();
    signal?.throwIfAborted();
    const fate = this.#crashOf(request) ?? faults.forCall(request.isWrite, request.text);
    switch (fate.kind) {
      case 'answered':
        return this.#answered(request, fate.delayMs);
      case 'rejected':
        throw errorOfStatus(undefined, { code: fate.status, message: `${request.text}: HTTP ${fate.status}` });
      case 'lost':
        if (fate.isCarriedOut) attempt(() => this.#carryOut(request));
        await clock.sleep(fate.delayMs, signal);
        throw lost(request.text);
      case 'twice':
        attempt(() => this.#carryOut(request));
        return this.#answered(request, 1);
      case 'conflict':
        this.#disturb(request);
        return this.#answered(request, 1);
      case 'crash':
        if (fate.isCarriedOut) attempt(() => this.#carryOut(request));
        this.deps.onCrash();
        return never();
    }
  }

  #crashOf({ isWrite }: Request<unknown>): CallFate | undefined {
    const { crashAt } = this.deps;
    if (!isWrite || crashAt === undefined) return undefined;
    this.#writes += 1;
    return this.#writes === crashAt.write ? { kind: 'crash', isCarriedOut: crashAt.isCarriedOut } : undefined;
  }

  async #answered<R>(request: Request<R>, delayMs: number): Promise<R> {
    const { clock } = this.deps;
    // Half of the way there, half of the way back.
    await clock.sleep(delayMs / 2);
    const result = attempt(() => this.#carryOut(request));
    await clock.sleep(delayMs / 2);
    if (result.kind === 'done') return result.value;
    throw result.error;
  }

  #carryOut<R>({ kind, name, isWrite, carryOut, text }: Request<R>): R {
    if (!isWrite) return carryOut();
    this.deps.onRequest?.(text);
    return this.deps.cluster.change('operator', kind, name, carryOut);
  }

  /** Somebody touches the object, as other controllers do all the time. */
  #disturb({ kind, name }: Request<unknown>): void {
    const { cluster, clock } = this.deps;
    const annotations = { 'example.com/touched': String(clock.monotonicMs()) };
    cluster.patch(kind, name, { metadata: { annotations } });
  }

  /** A past moment, when the list is to be stale: after a reconnect. What a process reads first is what etcd holds. */
  #moment(plural: string): { readonly resourceVersion?: string; readonly resourceVersionMatch?: string } {
    const { faults, cluster } = this.deps;
    const isFirst = !this.#listed.has(plural);
    this.#listed.add(plural);
    if (!faults.strikes(faults.rates.staleList) || isFirst) return {};
    faults.count('stale list', plural);
    const now = Number(cluster.server.resourceVersion);
    return { resourceVersion: String(Math.max(101, now - 10)), resourceVersionMatch: 'Exact' };
  }
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function withPrecondition(patch: MergePatch, resourceVersion: string | undefined): MergePatch {
  if (resourceVersion === undefined) return patch;
  const { metadata = {} } = patch;
  return { ...patch, metadata: { ...(typeof metadata === 'object' ? metadata : {}), resourceVersion } };
}

type Attempt<R> = { readonly kind: 'done'; readonly value: R } | { readonly kind: 'failed'; readonly error: unknown };

/** Maps what the server refuses as the real client does. */
function attempt<R>(carryOut: () => R): Attempt<R> {
  try {
    return { kind: 'done', value: carryOut() };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const mapped = errorOfStatus(error.toStatus(), { code: error.status, message: error.message });
    return { kind: 'failed', error: mapped };
  }
}

function lost(text: string): ApiError {
  return new ApiError({ code: 'API_UNREACHABLE', message: `Kubernetes API does not answer ${text}: lost` });
}

/** The answer to a process that is dead. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
