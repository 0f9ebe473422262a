// SPDX-License-Identifier: Apache-2.0

/** How the new revision turns out, and the world around it. */
export interface Scenario {
  /** Percent of the requests to it that fail. */
  readonly errorPercent: number;
  /** Of every request to it; undefined: fast. */
  readonly latencyMs?: number;
  /** Nobody asks for anything. */
  readonly noTraffic: boolean;
  /** Its pods start and never become ready. */
  readonly notReady: boolean;
  /** Name of a webhook that refuses it. */
  readonly failingHook?: string;
  /** Values of the metrics that this program knows nothing about, by name. */
  readonly values: Readonly<Record<string, number>>;
  /** From the first time that a gate is asked until it opens. */
  readonly gateOpensAfterMs: number;
  /** From the creation of a pod until it is ready. */
  readonly podsReadyAfterMs: number;
}

/** Where a rollout stands: what its status says. */
export interface Place {
  readonly canaryWeight: number;
  readonly iterations: number;
}

export const goodRevision: Scenario = {
  errorPercent: 0,
  noTraffic: false,
  notReady: false,
  values: {},
  gateOpensAfterMs: 0,
  podsReadyAfterMs: 5_000,
};
