// SPDX-License-Identifier: Apache-2.0
// The Kubernetes API as this program uses it: client, reflectors with their stores, Events, leader election.
// Must not know what a rollout is, decide what to write, or repeat a write after a conflict.
// Main types: KubeClient (requests with preconditions, one retry policy), ApiError (one code per reaction),
// Reflector and ObjectStore (an always current copy of a kind), EventRecorder, LeaderElector.
// loadKubeConfig, ApiConnection and createKubeClient are wired in that order; several clients may share a connection.
export { createKubeClient } from './api-client.js';
export type { KubeClientOptions, RequestRecord } from './api-client.js';
export { ApiConnection } from './connection.js';
export type { ClusterAccess, ConnectionOptions } from './connection.js';
export type { ObjectPage } from './decode.js';
export { countReadyEndpoints, digestModulus } from './endpoint-count.js';
export type { EndpointCount } from './endpoint-count.js';
export {
  ApiError,
  errorOfStatus,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isTooMany,
  isUnreachable,
  MissingPreconditionError,
  NotLeadingError,
} from './errors.js';
export type { ApiErrorCode } from './errors.js';
export { createEventRecorder } from './event-recorder.js';
export type { EventNote, EventRecorder, EventRecorderOptions, RegardingObject } from './event-recorder.js';
export { InvalidKubeConfigError, loadKubeConfig } from './kube-config.js';
export type { KubeConfigSource } from './kube-config.js';
export type {
  DeleteOptions,
  JsonPatchOperation,
  KubeClient,
  ListOptions,
  MergePatch,
  PageOptions,
  PatchOptions,
  Reader,
  RequestOptions,
  Watcher,
  WatchOptions,
  Writer,
} from './kube-client.js';
export { defaultLeaseName, defaultTimings, LeaderElector } from './leader-elector.js';
export type { LeaderElectionTimings, LeaderElectorOptions, Leadership } from './leader-elector.js';
export { ObjectStore } from './object-store.js';
export type { Snapshot, StoreChange, StoredObject, StoreIndex, StoreListener } from './object-store.js';
export type { RateLimit } from './rate-limiter.js';
export { keepMetadata, keepWhole, Reflector } from './reflector.js';
export type { ReflectorActivity, ReflectorOptions } from './reflector.js';
export { compareResourceVersions } from './resource-version.js';
export { resourceKind, resources } from './resources.js';
export type { ResourceKind, UntypedObject } from './resources.js';
export { defaultRetryPolicy, withRetry } from './retry.js';
export type { RetryPolicy } from './retry.js';
export type { WatchFrame } from './watch-stream.js';
