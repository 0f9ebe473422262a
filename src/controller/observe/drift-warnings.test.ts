// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, Deployment, KubeObject, ObjectKey } from '../../api/kubernetes.js';
import { revisionAnnotation } from '../../api/names.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { ResourceKind } from '../../kube/index.js';
import { ConfigFactsReader } from '../cluster/config-facts.js';
import { driftWarnings } from './drift-warnings.js';
import { Interests } from '../queue/interests.js';
import type { Observed } from './observe.js';
import { observe } from './observe.js';
import { SettleTracker } from './settle-tracker.js';
import { FlaggerNamespace } from '../testing.js';

/** Canary podinfo at rest, as the operator itself would have promoted it, with the given objects put in by somebody. */
async function warnings(...edits: readonly KubeObject[]): Promise<readonly string[]> {
  const { deps, look } = aPromotedCanary();
  return driftWarnings(await look(edits), deps);
}

function aPromotedCanary() {
  const clock = new FakeClock();
  const cluster = new FlaggerNamespace('after-promote');
  const get = <T extends KubeObject>({ kind }: ResourceKind<T>, { name }: ObjectKey): Promise<T | undefined> => {
    const found = edited.find((object) => object.kind === kind && object.metadata.name === name);
    return Promise.resolve(found === undefined ? cluster.get<T>(kind, name) : (found as T)); // by its kind
  };
  let edited: readonly KubeObject[] = [];
  const configs = new ConfigFactsReader({ get }, cluster.cache);
  const deps = {
    cache: cluster.cache,
    configs,
    settle: new SettleTracker(clock),
    checks: { state: () => ({ kind: 'none' }) as const },
    interests: new Interests(),
    clock,
    settings: {
      selectorLabels: ['app'],
      includeLabelPrefixes: [],
      enableConfigTracking: true,
      ingressIgnoredAnnotationPrefixes: [],
      settleTimeMs: 5_000,
    },
  };
  const look = async (edits: readonly KubeObject[]): Promise<Observed> => {
    const before = await observe(cluster.canary, cluster.spec, deps);
    const revision = before.observation.target?.revision ?? '';
    cluster.put(annotated(cluster.get<Deployment>('Deployment', 'podinfo-primary'), revision));
    edited = edits.map(
      (edit) => (edit.metadata.name === 'podinfo-primary' ? annotated(edit as Deployment, revision) : edit), // by its name
    );
    for (const edit of edited) cluster.put(edit);
    const observed = await observe(cluster.canary, cluster.spec, deps);
    const status = { ...observed.observation.status, lastAppliedSpec: revision, lastPromotedSpec: revision };
    return { ...observed, observation: { ...observed.observation, status } };
  };
  return { deps, look };
}

function annotated(deployment: Deployment, revision: string): Deployment {
  const { metadata } = deployment;
  return {
    ...deployment,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: revision } },
  };
}

const fixture = new FlaggerNamespace('after-promote');
const primary = fixture.get<Deployment>('Deployment', 'podinfo-primary');
const target = fixture.get<Deployment>('Deployment', 'podinfo');
const copy = fixture.get<ConfigMap>('ConfigMap', 'podinfo-env-primary');
const source = fixture.get<ConfigMap>('ConfigMap', 'podinfo-env');

function withImage(deployment: Deployment, image: string): Deployment {
  const { template } = deployment.spec;
  const containers = template.spec.containers.map((container) => ({ ...container, image }));
  return {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}

describe('what somebody else changed in a Canary at rest', () => {
  it('S8: nothing is said of one that is as it was promoted', async () => {
    expect(await warnings()).toEqual([]);
  });

  it('R2: a primary that was edited is named with the fields, and with what to do to keep or lose the change', async () => {
    expect(await warnings(withImage(primary, 'podinfo:hotfix'))).toEqual([
      'Deployment podinfo-primary.test was edited and no longer runs what was promoted: spec.containers of its template; ' +
        'it stays so until the next promotion replaces it, make the same change in Deployment podinfo to keep it',
    ]);
  });

  it('R1: an edited copy whose data is nowhere else is named', async () => {
    const { deps, look } = aPromotedCanary();
    const observed = await look([{ ...copy, data: { MESSAGE: 'edited' } } as ConfigMap]);
    const { observation } = observed;
    // The target still has what was promoted, so it is written back, and there is nothing to say.
    expect(observation.primary?.copies).toBe('restorable');
    expect(await driftWarnings(observed, deps)).toEqual([]);
    const lost = {
      ...observed,
      observation: {
        ...observation,
        primary: observation.primary && { ...observation.primary, copies: 'unknown' as const },
      },
    };
    expect(await driftWarnings(lost, deps)).toEqual([
      'The config copies of Deployment podinfo-primary.test no longer hold what was promoted, and nothing else does: look at ' +
        'ConfigMap podinfo-env-primary, Secret podinfo-token-primary; put the data back, or roll Deployment podinfo out again',
    ]);
  });

  it('D22: a copy that two Canaries share is named with the other one', async () => {
    const other = { ...fixture.canary, metadata: { ...fixture.canary.metadata, name: 'other', uid: 'uid-other' } };
    const owners = copy.metadata.ownerReferences ?? [];
    const shared: ConfigMap = {
      ...copy,
      metadata: {
        ...copy.metadata,
        ownerReferences: [
          ...owners,
          ...owners.map((owner) => ({ ...owner, name: 'other', uid: 'uid-other', controller: false })),
        ],
      },
    };
    expect(await warnings(other, shared)).toEqual([
      "ConfigMap podinfo-env-primary.test is also the copy of Canary other.test: promoting one changes what the other's " +
        'primary runs with; give each target a ConfigMap of its own instead of podinfo-env',
    ]);
  });

  it('D39: a target that is scaled up while nothing is rolled out is named', async () => {
    expect(await warnings({ ...target, spec: { ...target.spec, replicas: 3 } } as Deployment)).toEqual([
      'Deployment podinfo.test was scaled up to 3 while nothing is rolled out: its pods get no traffic until the next ' +
        'rollout; leave replicas out of its manifest, or scale it to 0',
    ]);
  });

  it('says nothing of a config that is rolled out next', async () => {
    expect(await warnings({ ...source, data: { MESSAGE: 'new' } } as ConfigMap)).toEqual([]);
  });
});
