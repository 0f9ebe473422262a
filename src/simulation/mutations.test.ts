// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { canaryName, primaryName } from '../api/names.js';
import type { KubeObject } from '../api/kubernetes.js';
import type { KubeClient, ResourceKind } from '../kube/index.js';
import { createMetrics } from '../observability/index.js';
import type { Action, CheckState, Decision, Observation } from '../rollout/index.js';
import { appName } from './app.js';
import type { Mutation } from './operator-process.js';
import { simulate } from './simulation.js';

const metrics = createMetrics(new Registry());
/** A broken operator must be found within so many runs. */
const mostSeeds = 200;

/** An operator that is misled in what it sees. */
function seeing(distort: (seen: Observation) => Observation): Mutation {
  return { plan: (seen, decide) => decide(distort(seen)) };
}

/** An operator that does something else than it should. */
function doing(spoil: (decision: Decision, seen: Observation) => Decision): Mutation {
  return { plan: (seen, decide) => spoil(decide(seen), seen) };
}

/** An operator that puts something else into its PUTs. */
function replacing(change: (object: KubeObject) => KubeObject): Mutation {
  return {
    client: (client) =>
      overridden(client, {
        // The change keeps the kind of the object.
        replace: <T extends KubeObject>(kind: ResourceKind<T>, object: T) => client.replace(kind, change(object) as T),
      }),
  };
}

function overridden(client: KubeClient, members: Partial<KubeClient>): KubeClient {
  return new Proxy(client, {
    get: (target, name) => {
      const found: unknown = Reflect.get(members, name) ?? Reflect.get(target, name);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

const passed = (subject: string, attempt: number, nowMs: number): CheckState => ({
  kind: 'done',
  subject,
  attempt,
  outcome: { kind: 'passed' },
  announcements: [],
  measured: [],
  finishedAtMs: nowMs,
  fresh: true,
});

function withAnnotation(object: KubeObject, name: string, value: string): KubeObject {
  return object.metadata.name === canaryName(appName) ? annotated(object, name, value) : object;
}

function annotated(object: KubeObject, name: string, value: string): KubeObject {
  const annotations = { ...object.metadata.annotations, [name]: value };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

type SetRoutes = Extract<Action, { kind: 'setRoutes' }>;

/** An operator that sets other routes than it should. */
function routing(change: (action: SetRoutes, seen: Observation) => SetRoutes): Mutation {
  return doing((decision, seen) => ({
    ...decision,
    actions: decision.actions.map((action) => (action.kind === 'setRoutes' ? change(action, seen) : action)),
  }));
}

const mutations: Readonly<Record<string, Mutation>> = {
  'does not wait for the settle time': seeing((seen) => ({
    ...seen,
    routes: { ...seen.routes, stableMs: Number.POSITIVE_INFINITY },
  })),
  'does not look at endpoints': seeing((seen) => ({
    ...seen,
    target: seen.target && { ...seen.target, readiness: { kind: 'ready' }, readyEndpoints: 2 },
    primary: seen.primary && { ...seen.primary, readiness: { kind: 'ready' }, readyEndpoints: 2 },
  })),
  'gives weight without a check': {
    plan: (seen, decide) => {
      const { check } = decide(seen);
      return decide(check === undefined ? seen : { ...seen, check: passed(check.subject, check.attempt, seen.nowMs) });
    },
  },
  'takes failed checks for passed ones': seeing((seen) =>
    seen.check.kind === 'done' && seen.check.outcome.kind === 'failed'
      ? { ...seen, check: passed(seen.check.subject, seen.check.attempt, seen.nowMs) }
      : seen,
  ),
  'forgets failed checks': doing((decision) =>
    decision.status === undefined ? decision : { ...decision, status: { ...decision.status, failedChecks: 0 } },
  ),
  'ignores its verdict': seeing((seen) => ({ ...seen, routes: { ...seen.routes, verdict: undefined } })),
  'takes two steps at once': doing((decision) => ({
    ...decision,
    actions: decision.actions.map((action) =>
      action.kind === 'setRoutes' ? { ...action, canaryWeight: Math.min(100, 2 * action.canaryWeight) } : action,
    ),
  })),
  'writes the status before the routes': {
    plan: (seen, decide) => {
      const decision = decide(seen);
      const routes = decision.actions.filter(({ kind }) => kind === 'setRoutes');
      if (decision.status === undefined || routes.length === 0) return decision;
      const others = decision.actions.filter(({ kind }) => kind !== 'setRoutes');
      return { ...decision, actions: others, wakeAfterMs: 0 };
    },
  },
  'scales down with the rollback': doing((decision) => ({
    ...decision,
    actions: decision.actions.flatMap((action): readonly Action[] =>
      action.kind === 'setRoutes' && action.verdict?.result === 'failed'
        ? [action, { kind: 'scaleTargetDown' }]
        : [action],
    ),
  })),
  'promotes before the analysis': doing((decision, { status, target }) =>
    status.phase === 'Progressing' && target?.revision !== undefined
      ? { ...decision, actions: [{ kind: 'copyToPrimary', revision: target.revision }] }
      : decision,
  ),
  'loses the filters of the apex': replacing((object) => withAnnotation(object, 'zalando.org/skipper-filter', '')),
  'splits more than there is': replacing((object) =>
    withAnnotation(
      object,
      'zalando.org/backend-weights',
      JSON.stringify({ [canaryName(appName)]: 50, [primaryName(appName)]: 100 }),
    ),
  ),
  'removes the route for copies while they are made': routing(({ mirror, ...action }, { routes }) =>
    mirror === undefined || (mirror === 'shadow' && routes.mirror === 'on') ? action : { ...action, mirror },
  ),
  'makes copies before Skipper has seen the route for them': routing((action) =>
    action.mirror === 'shadow' ? { ...action, enabled: true, mirror: 'on' } : action,
  ),
  'sends everybody into an A/B test': routing((action, { spec }) =>
    spec.analysis.match.length > 0 && action.canaryWeight > 0 ? { ...action, everybody: true } : action,
  ),
  'switches to green after the first iteration': seeing((seen) => {
    const { iterations } = seen.spec.analysis;
    const isFirst = seen.status.phase === 'Progressing' && seen.status.iterations === 1;
    return isFirst ? { ...seen, status: { ...seen.status, iterations } } : seen;
  }),
  'lets go of who met the canary': replacing((object) =>
    object.metadata.name === `${canaryName(appName)}-sticky`
      ? annotated(object, 'zalando.org/skipper-predicate', 'False()')
      : object,
  ),
  'keeps the cookie of the rollout before': doing((decision, seen) => {
    const { sessionAffinityCookie: now, previousSessionAffinityCookie: before } = decision.status ?? {};
    if (decision.status === undefined || now === undefined) return decision;
    const kept = before ?? seen.status.sessionAffinityCookie ?? now;
    return { ...decision, status: { ...decision.status, sessionAffinityCookie: kept } };
  }),
  'stops in Finalising': doing((decision, { status }) =>
    status.phase === 'Finalising' ? { ...decision, actions: [], status: undefined } : decision,
  ),
};

async function firstCaught(mutation: Mutation): Promise<string | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const [violation] = (await simulate({ seed, metrics, mutation })).violations;
    if (violation !== undefined) return violation.rule;
  }
  return undefined;
}

describe('an operator that is broken on purpose', () => {
  it.each(Object.entries(mutations))(
    'is found out when it %s',
    async (_what, mutation) => {
      expect(await firstCaught(mutation)).toMatch(/^(S[1-8]|converges)$/);
    },
    180_000,
  );
});
