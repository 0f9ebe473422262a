// SPDX-License-Identifier: Apache-2.0
import type { Deployment, PodSpec } from '../api/kubernetes.js';
import type { Dice } from './dice.js';
import { drawStrategy, strategyFields, type StrategyShape } from './strategy-shape.js';

/** Name of the target, its Service, its Ingress and its Canary. */
export const appName = 'web';
export const configName = 'settings';
export const secretName = 'password';

/** How a version of the app behaves once it runs. */
export type Quality = 'good' | 'bad metrics' | 'no data' | 'never ready';

/** Kinds of targets; what the summary counts by. */
export const targetKinds = ['Deployment', 'DaemonSet', 'Service'] as const;

export type TargetKind = (typeof targetKinds)[number];

/** What differs from one simulated app to the next. */
export interface AppShape extends StrategyShape {
  /** Default: Deployment. */
  readonly target?: TargetKind;
  readonly replicas: number;
  readonly strategy: 'RollingUpdate' | 'Recreate';
  /** An autoscaler sizes the target, and one of its own the primary. */
  readonly isAutoscaled?: boolean;
  readonly readsConfig: boolean;
  readonly readsSecret?: boolean;
  readonly hasOwnService: boolean;
  readonly intervalSeconds: number;
  readonly threshold: number;
  readonly hooks: readonly ('confirm-rollout' | 'pre-rollout' | 'rollout' | 'confirm-promotion' | 'post-rollout')[];
  readonly skipAnalysis: boolean;
  readonly revertOnDeletion: boolean;
  readonly filter?: string;
  readonly predicate?: string;
}

export function targetKindOf({ target = 'Deployment' }: Pick<AppShape, 'target'>): TargetKind {
  return target;
}

/** A shape that a team might have. */
export function drawShape(dice: Dice): AppShape {
  const target = dice.pick<TargetKind>(['Deployment', 'Deployment', 'Deployment', 'DaemonSet', 'Service']);
  const hooks = (['confirm-rollout', 'pre-rollout', 'rollout', 'confirm-promotion', 'post-rollout'] as const).filter(
    () => dice.chance(0.2),
  );
  return {
    target,
    ...drawWorkload(target, dice),
    intervalSeconds: dice.pick([10, 15, 30]),
    threshold: dice.between(1, 3),
    ...drawStrategy(dice, target !== 'Service'),
    hooks,
    skipAnalysis: dice.chance(0.08),
    revertOnDeletion: dice.chance(0.3),
    ...(dice.chance(0.3) && { filter: 'ratelimit(20, "1m")' }),
    ...(dice.chance(0.3) && { predicate: 'Header("x-tenant", "one")' }),
  };
}

type WorkloadShape = Pick<
  AppShape,
  'replicas' | 'strategy' | 'isAutoscaled' | 'readsConfig' | 'readsSecret' | 'hasOwnService'
>;

function drawWorkload(target: TargetKind, dice: Dice): WorkloadShape {
  const isDeployment = target === 'Deployment';
  return {
    replicas: dice.between(1, 3),
    strategy: isDeployment && dice.chance(0.15) ? 'Recreate' : 'RollingUpdate',
    isAutoscaled: isDeployment && dice.chance(0.25),
    readsConfig: target !== 'Service' && dice.chance(0.3),
    readsSecret: target !== 'Service' && dice.chance(0.2),
    hasOwnService: target === 'Service' || dice.chance(0.4),
  };
}

/** The version that a pod or a pod template runs. */
export function versionOf({ spec }: { readonly spec: Pick<PodSpec, 'containers'> }): string {
  return spec.containers[0]?.image?.split(':')[1] ?? '';
}

/** The version that a Deployment asks for; empty when there is none. */
export function versionOfDeployment(deployment: Deployment | undefined): string {
  return deployment === undefined ? '' : versionOf(deployment.spec.template);
}

/** The analysis of a Canary as a user writes it, or a patch that makes it so: what is not wanted is null. */
export function analysis(shape: AppShape): Readonly<Record<string, unknown>> {
  const { intervalSeconds, threshold, hooks } = shape;
  return {
    interval: `${intervalSeconds}s`,
    threshold,
    ...strategyFields(shape),
    metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
    webhooks: hooks.map((type) => ({ name: type, type, url: `http://hooks.example.com/${type}`, timeout: '10s' })),
  };
}
