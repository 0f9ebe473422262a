// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { eventually, successful, uidOf, versionOf, type Bench } from '../bench.js';
import { at, listAt, textAt, type Frame } from '../cluster.js';
import { apps, autoscaling, core, discovery, inNamespace } from '../objects.js';

type Container = Readonly<Record<string, unknown>>;

/** An app of its own for each case: controllers see all that a selector finds. */
function app(name: string, spec: object = {}, container: Container = {}): object {
  return {
    metadata: { name },
    spec: { replicas: 2, ...selecting(name), template: template(name, container), ...spec },
  };
}

function selecting(name: string): object {
  return { selector: { matchLabels: { app: name } } };
}

function template(name: string, container: Container = {}): object {
  const ports = [{ name: 'http', containerPort: 9898 }];
  return {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'web', image: 'web:1.0', ports, ...container }], terminationGracePeriodSeconds: 1 },
  };
}

const newImage = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2.0' }] } } } };
/** Pods with this in their tag are never given a node. */
const stuckImage = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:unschedulable' }] } } } };

/** A copy without times, which differ from run to run. */
function timeless(value: unknown): unknown {
  const text = JSON.stringify(value, (key, member: unknown) => (key.endsWith('Time') ? undefined : member));
  return JSON.parse(text);
}

function condition(object: unknown, type: string): unknown {
  return listAt(object, 'status.conditions').find((each) => at(each, 'type') === type);
}

function reasonOf(object: unknown, type = 'Progressing'): string {
  return textAt(condition(object, type), 'reason');
}

/** Values without repetitions of the one before. */
function changes<T>(values: readonly T[]): readonly T[] {
  return values.filter((value, index) => index === 0 || value !== values[index - 1]);
}

export function controllerCases(bench: Bench): void {
  const { namespace } = bench;
  const deployments = inNamespace(apps, 'deployments', namespace);
  const sets = inNamespace(apps, 'replicasets', namespace);
  const pods = inNamespace(core, 'pods', namespace);

  const get = async (path: string): Promise<unknown> => successful(await bench.client.get(path));
  const listOf = async (path: string, name: string): Promise<readonly unknown[]> =>
    listAt(await get(`${path}?labelSelector=app%3D${name}`), 'items');
  const isDone = (object: unknown): boolean =>
    reasonOf(object) === 'NewReplicaSetAvailable' &&
    at(object, 'status.observedGeneration') === at(object, 'metadata.generation') &&
    (at(object, 'status.updatedReplicas') ?? 0) === at(object, 'spec.replicas') &&
    (at(object, 'status.availableReplicas') ?? 0) === at(object, 'spec.replicas') &&
    (at(object, 'status.terminatingReplicas') ?? 0) === 0;
  const settled = async (name: string): Promise<unknown> =>
    (
      await eventually(
        () => bench.client.get(`${deployments}/${name}`),
        ({ body }) => isDone(body),
      )
    ).body;
  const running = async (spec: object = {}, container: Container = {}): Promise<string> => {
    const name = bench.name();
    await bench.created(deployments, app(name, spec, container));
    await settled(name);
    return name;
  };
  const change = async (name: string, patch: object): Promise<unknown> =>
    successful(await bench.client.patch(`${deployments}/${name}`, 'strategic', patch));
  /** All states of an app's Deployment from a change until it is as wanted. */
  const statesAfter = async (name: string, patch: object, isWanted = isDone): Promise<readonly unknown[]> => {
    const before = versionOf(await get(`${deployments}/${name}`));
    const path = `${deployments}?fieldSelector=metadata.name%3D${name}&resourceVersion=${before}&timeoutSeconds=60`;
    const isLast = (frames: readonly Frame[]): boolean => isWanted(frames.at(-1)?.object);
    const frames = await bench.client.watch(path, { onOpen: () => change(name, patch), until: isLast });
    return frames.map(({ object }) => object);
  };

  /** How many pods the ReplicaSets of an app together asked for, write by write, until only the newest asks for any. */
  const wantedPods = async (name: string, since: string): Promise<readonly number[]> => {
    const path = `${sets}?labelSelector=app%3D${name}&resourceVersion=${since}&timeoutSeconds=60`;
    const sizes = new Map((await listOf(sets, name)).map((set) => [uidOf(set), revisionOf(set) === '1' ? 3 : 0]));
    const totals: number[] = [];
    const isOver = (frames: readonly Frame[]): boolean => {
      for (const { object } of frames.slice(totals.length)) {
        sizes.set(uidOf(object), Number(at(object, 'spec.replicas')));
        totals.push([...sizes.values()].reduce((sum, size) => sum + size, 0));
      }
      return [...sizes.values()].sort().join() === '0,3' && totals.length > 1;
    };
    await bench.client.watch(path, { until: isOver });
    return totals;
  };

  it('brings up a Deployment, and tells of it', async () => {
    const name = await running({ strategy: { type: 'RollingUpdate' } });
    const [set] = await listOf(sets, name);
    expect(timeless(at(await get(`${deployments}/${name}`), 'status'))).toEqual({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
      conditions: [
        {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${textAt(set, 'metadata.name')}" has successfully progressed.`,
        },
      ],
    });
  });

  it('gives a Deployment a ReplicaSet of its template', async () => {
    const name = await running();
    const owner = await get(`${deployments}/${name}`);
    const [set] = await listOf(sets, name);
    const hash = at(set, 'metadata.labels.pod-template-hash');
    const labels = { app: name, 'pod-template-hash': hash };
    expect(at(owner, 'metadata.annotations')).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(at(set, 'metadata')).toMatchObject({
      name: `${name}-${String(hash)}`,
      generation: 1,
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name,
          uid: uidOf(owner),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(listAnnotations(set)).toEqual({ desired: '2', max: '3', revision: '1' });
    expect(at(set, 'spec')).toMatchObject({
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels } },
    });
    expect(at(set, 'status')).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
  });

  it('gives a ReplicaSet its pods', async () => {
    const name = await running();
    const [set] = await listOf(sets, name);
    for (const pod of await listOf(pods, name)) {
      expect(at(pod, 'metadata')).toMatchObject({
        generateName: `${textAt(set, 'metadata.name')}-`,
        labels: at(set, 'spec.template.metadata.labels'),
        ownerReferences: [{ kind: 'ReplicaSet', uid: uidOf(set), controller: true, blockOwnerDeletion: true }],
      });
      expect(at(pod, 'status.phase')).toBe('Running');
      expect(at(condition(pod, 'Ready'), 'status')).toBe('True');
      expect(textAt(pod, 'status.podIP')).toMatch(/^10\./);
    }
  });

  it('tells in conditions how a rolling update gets on', async () => {
    const name = await running();
    const states = await statesAfter(name, newImage);
    expect(changes(states.map((state) => reasonOf(state)))).toEqual([
      'NewReplicaSetAvailable',
      'NewReplicaSetCreated',
      'ReplicaSetUpdated',
      'NewReplicaSetAvailable',
    ]);
    expect(changes(states.map((state) => at(state, 'status.observedGeneration')))).toEqual([1, 2]);
    expect(changes(states.map((state) => reasonOf(state, 'Available')))).toEqual(['MinimumReplicasAvailable']);
  });

  it('never tells of a new generation with the counts of the one before', async () => {
    const name = await running();
    const states = await statesAfter(name, newImage);
    const ofNew = states.filter((state) => at(state, 'status.observedGeneration') === 2);
    // kubectl rollout status and the operator trust updatedReplicas from this moment on.
    expect(at(ofNew[0], 'status.updatedReplicas') ?? 0).not.toBe(2);
    const updated = ofNew.map((state) => Number(at(state, 'status.updatedReplicas') ?? 0));
    expect(updated).toEqual(updated.toSorted((left, right) => left - right));
    expect(reasonOf(ofNew[0])).not.toBe('NewReplicaSetAvailable');
  });

  it.each([
    { surge: 1, unavailable: 0, most: 4, least: 3 },
    { surge: 0, unavailable: 1, most: 3, least: 2 },
    { surge: '25%', unavailable: '25%', most: 4, least: 3 },
    { surge: '50%', unavailable: '50%', most: 5, least: 2 },
    { surge: '100%', unavailable: 0, most: 6, least: 3 },
  ])('rolls 3 pods with surge $surge and $unavailable unavailable within $least to $most', async (row) => {
    const { surge, unavailable, most, least } = row;
    const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
    const name = await running({ replicas: 3, strategy: { type: 'RollingUpdate', rollingUpdate } });
    const since = versionOf(await get(sets));
    const states = await statesAfter(name, newImage);
    expect(Math.min(...states.map((state) => Number(at(state, 'status.availableReplicas') ?? 0)))).toBe(least);
    expect(Math.max(...(await wantedPods(name, since)))).toBe(most);
  });

  it('keeps the old ReplicaSet, empty, beside the new one', async () => {
    const name = await running();
    await statesAfter(name, newImage);
    const found = (await listOf(sets, name)).toSorted((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1));
    expect(found.map((set) => [revisionOf(set), at(set, 'spec.replicas'), at(set, 'status.replicas')])).toEqual([
      ['1', 0, 0],
      ['2', 2, 2],
    ]);
    expect(revisionOf(await get(`${deployments}/${name}`))).toBe('2');
  });

  it('goes back to an old ReplicaSet under a new revision', async () => {
    const name = await running();
    await statesAfter(name, newImage);
    await statesAfter(name, { spec: { template: template(name) } });
    const found = (await listOf(sets, name)).find((set) => at(set, 'spec.replicas') === 2);
    expect(revisionOf(found)).toBe('3');
    expect(annotationsOf(found)['deployment.kubernetes.io/revision-history']).toBe('1');
  });

  it('forgets old ReplicaSets beyond the history limit', async () => {
    const name = await running({ revisionHistoryLimit: 0 });
    await statesAfter(name, newImage);
    await eventually(
      () => bench.client.get(`${sets}?labelSelector=app%3D${name}`),
      ({ body }) => listAt(body, 'items').length === 1,
    );
  });

  it('with strategy Recreate has no pod of the new template before the last old one is gone', async () => {
    const name = await running({ strategy: { type: 'Recreate' } });
    const since = versionOf(await get(pods));
    await statesAfter(name, newImage);
    const path = `${pods}?labelSelector=app%3D${name}&resourceVersion=${since}&timeoutSeconds=1`;
    const frames = await bench.client.watch(path);
    const isNew = ({ object }: Frame): boolean => textAt(object, 'spec.containers.0.image') === 'web:2.0';
    const firstNew = frames.findIndex(isNew);
    const lastOld = frames.findLastIndex((frame) => !isNew(frame) && frame.type === 'DELETED');
    expect(firstNew).toBeGreaterThan(lastOld);
  });

  it('misses a progress deadline, says so, and keeps the old pods', async () => {
    const name = await running({ progressDeadlineSeconds: 3 });
    const isLate = (object: unknown): boolean => reasonOf(object) === 'ProgressDeadlineExceeded';
    const states = await statesAfter(name, stuckImage, isLate);
    const late = states.at(-1);
    const set = (await listOf(sets, name)).find((each) => revisionOf(each) === '2');
    expect(timeless(condition(late, 'Progressing'))).toEqual({
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${textAt(set, 'metadata.name')}" has timed out progressing.`,
    });
    expect(at(late, 'status')).toMatchObject({ availableReplicas: 2, updatedReplicas: 1, unavailableReplicas: 1 });
    await statesAfter(name, newImage);
  });

  it('scales to zero and back without a rollout', async () => {
    const name = await running();
    const states = await statesAfter(name, { spec: { replicas: 0 } });
    expect(changes(states.map((state) => reasonOf(state)))).toEqual(['NewReplicaSetAvailable']);
    const { conditions, ...counts } = at(states.at(-1), 'status') as Readonly<Record<string, unknown>>;
    expect(counts).toEqual({ observedGeneration: 2, terminatingReplicas: 0 });
    expect(conditions).toMatchObject([{ status: 'True' }, { status: 'True' }]);
    await statesAfter(name, { spec: { replicas: 1 } });
    expect(await listOf(sets, name)).toHaveLength(1);
    expect(listAnnotations((await listOf(sets, name))[0])).toMatchObject({ desired: '1', max: '2' });
  });

  it('pauses a rollout and takes it up again', async () => {
    const name = await running();
    const isPaused = (object: unknown): boolean => reasonOf(object) === 'DeploymentPaused';
    await statesAfter(name, { spec: { paused: true } }, isPaused);
    await change(name, newImage);
    await eventually(
      () => bench.client.get(`${deployments}/${name}`),
      ({ body }) => at(body, 'status.observedGeneration') === 3,
    );
    expect(await listOf(sets, name)).toHaveLength(1);
    const states = await statesAfter(name, { spec: { paused: false } });
    expect(changes(states.map((state) => reasonOf(state)))).toEqual([
      'DeploymentPaused',
      'DeploymentResumed',
      'ReplicaSetUpdated',
      'NewReplicaSetAvailable',
    ]);
  });

  it('hands annotations of a Deployment on without a rollout', async () => {
    const name = await running();
    const isObserved = (object: unknown): boolean => at(object, 'status.observedGeneration') === 2;
    await statesAfter(name, { metadata: { annotations: { note: 'a' } } }, isObserved);
    const found = await listOf(sets, name);
    expect(found.map((set) => annotationsOf(set).note)).toEqual(['a']);
  });

  it('replaces a pod that is deleted', async () => {
    const name = await running({ replicas: 1 });
    const [pod] = await listOf(pods, name);
    await bench.client.delete(`${pods}/${textAt(pod, 'metadata.name')}`);
    await eventually(
      () => bench.client.get(`${pods}?labelSelector=app%3D${name}`),
      ({ body }) => listAt(body, 'items').length === 1 && uidOf(listAt(body, 'items')[0]) !== uidOf(pod),
    );
    expect(reasonOf(await settled(name))).toBe('NewReplicaSetAvailable');
  });

  it.each(['Background', 'Foreground'])(
    'takes all pods along when a Deployment is deleted in the %s',
    async (policy) => {
      const name = await running();
      await bench.client.delete(`${deployments}/${name}`, { propagationPolicy: policy });
      for (const path of [deployments, sets, pods]) {
        await eventually(
          () => bench.client.get(`${path}?labelSelector=app%3D${name}`),
          ({ body }) => listAt(body, 'items').length === 0,
        );
      }
    },
  );

  serviceCases(bench, { running, listOf });
  otherWorkloadCases(bench, { get });
}

interface ServiceHelp {
  readonly running: (spec?: object) => Promise<string>;
  readonly listOf: (path: string, name: string) => Promise<readonly unknown[]>;
}

function serviceCases(bench: Bench, { running, listOf }: ServiceHelp): void {
  const { namespace } = bench;
  const services = inNamespace(core, 'services', namespace);
  const pods = inNamespace(core, 'pods', namespace);
  const slices = inNamespace(discovery, 'endpointslices', namespace);
  const slicesOf = (name: string): string => `${slices}?labelSelector=kubernetes.io%2Fservice-name%3D${name}`;
  const service = (name: string, selector: object): object => ({
    metadata: { name, labels: { app: name } },
    spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  });
  const sliceWith = async (name: string, endpoints: number): Promise<unknown> => {
    const { body } = await eventually(
      () => bench.client.get(slicesOf(name)),
      (answer) =>
        listAt(answer.body, 'items.0.endpoints').length === endpoints && listAt(answer.body, 'items').length > 0,
    );
    return at(body, 'items.0');
  };

  it('keeps an EndpointSlice of the pods that a Service selects', async () => {
    const name = await running({ replicas: 1 });
    const created = await bench.created(services, service(name, { app: name }));
    const slice = await sliceWith(name, 1);
    const [pod] = await listOf(pods, name);
    expect(at(slice, 'metadata')).toMatchObject({
      generateName: `${name}-`,
      labels: {
        app: name,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ kind: 'Service', uid: uidOf(created), controller: true, blockOwnerDeletion: true }],
    });
    expect(at(slice, 'addressType')).toBe('IPv4');
    expect(at(slice, 'ports')).toEqual([{ name: 'http', port: 9898, protocol: 'TCP' }]);
    expect(at(slice, 'endpoints')).toEqual([
      {
        addresses: [at(pod, 'status.podIP')],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: at(pod, 'spec.nodeName'),
        targetRef: { kind: 'Pod', namespace, name: at(pod, 'metadata.name'), uid: uidOf(pod) },
      },
    ]);
  });

  it('keeps an empty EndpointSlice for a Service without pods', async () => {
    const name = bench.name();
    await bench.created(services, service(name, { app: name }));
    const slice = await sliceWith(name, 0);
    expect([at(slice, 'endpoints') ?? null, at(slice, 'ports') ?? null]).toEqual([null, null]);
  });

  it('follows the selector of a Service, and ends with it', async () => {
    const name = await running({ replicas: 1 });
    await bench.created(services, service(name, { app: name }));
    await sliceWith(name, 1);
    await bench.client.patch(`${services}/${name}`, 'merge', { spec: { selector: { app: 'nobody' } } });
    await sliceWith(name, 0);
    await bench.client.delete(`${services}/${name}`);
    await eventually(
      () => bench.client.get(slicesOf(name)),
      ({ body }) => listAt(body, 'items').length === 0,
    );
  });
}

interface OtherHelp {
  readonly get: (path: string) => Promise<unknown>;
}

function otherWorkloadCases(bench: Bench, { get }: OtherHelp): void {
  const { namespace } = bench;
  const deployments = inNamespace(apps, 'deployments', namespace);
  const daemonSets = inNamespace(apps, 'daemonsets', namespace);
  const autoscalers = inNamespace(autoscaling, 'horizontalpodautoscalers', namespace);
  const daemonSet = (name: string): object => ({
    metadata: { name },
    spec: { ...selecting(name), template: template(name) },
  });
  const statusWith = async (path: string, wanted: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const isAsWanted = (body: unknown): boolean =>
      Object.entries(wanted).every(([field, value]) => at(body, `status.${field}`) === value);
    const { body } = await eventually(
      () => bench.client.get(path),
      (answer) => isAsWanted(answer.body),
    );
    return at(body, 'status');
  };

  it('runs a pod of a DaemonSet on each node, and a new one for a new template', async () => {
    const name = bench.name();
    await bench.created(daemonSets, daemonSet(name));
    const up = { observedGeneration: 1, numberAvailable: 1 };
    expect(await statusWith(`${daemonSets}/${name}`, up)).toEqual({
      currentNumberScheduled: 1,
      numberMisscheduled: 0,
      desiredNumberScheduled: 1,
      numberReady: 1,
      observedGeneration: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
    });
    successful(await bench.client.patch(`${daemonSets}/${name}`, 'strategic', newImage));
    await statusWith(`${daemonSets}/${name}`, { observedGeneration: 2, updatedNumberScheduled: 1, numberAvailable: 1 });
  });

  it('runs no pod of a DaemonSet whose node selector fits no node', async () => {
    const name = bench.name();
    await bench.created(daemonSets, daemonSet(name));
    await statusWith(`${daemonSets}/${name}`, { numberAvailable: 1 });
    const away = { spec: { template: { spec: { nodeSelector: { 'flagger.app/scale-to-zero': 'true' } } } } };
    successful(await bench.client.patch(`${daemonSets}/${name}`, 'strategic', away));
    // The pod counts as misplaced until it has ended.
    const gone = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    const status = await statusWith(`${daemonSets}/${name}`, { observedGeneration: 2, ...gone });
    expect(status).toEqual({ observedGeneration: 2, ...gone });
  });

  it('lets an autoscaler rest while its target is at zero, and keeps the minimum else', async () => {
    const name = bench.name();
    await bench.created(deployments, app(name, { replicas: 0 }));
    await bench.created(autoscalers, {
      metadata: { name },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 2, maxReplicas: 4 },
    });
    const { body } = await eventually(
      () => bench.client.get(`${autoscalers}/${name}`),
      (answer) => reasonOf(answer.body, 'ScalingActive') === 'ScalingDisabled',
    );
    expect(timeless(at(body, 'status'))).toEqual({
      desiredReplicas: 0,
      currentMetrics: null,
      conditions: [
        {
          type: 'AbleToScale',
          status: 'True',
          reason: 'SucceededGetScale',
          message: "the HPA controller was able to get the target's current scale",
        },
        {
          type: 'ScalingActive',
          status: 'False',
          reason: 'ScalingDisabled',
          message: 'scaling is disabled since the replica count of the target is zero',
        },
      ],
    });
    successful(await bench.client.patch(`${deployments}/${name}`, 'strategic', { spec: { replicas: 1 } }));
    await eventually(
      () => bench.client.get(`${deployments}/${name}`),
      (answer) => at(answer.body, 'spec.replicas') === 2,
    );
    expect(at(await get(`${autoscalers}/${name}`), 'status.conditions.0.status')).toBe('True');
  });
}

function annotationsOf(object: unknown): Readonly<Record<string, string>> {
  // Parse boundary: annotations are texts.
  return (at(object, 'metadata.annotations') ?? {}) as Readonly<Record<string, string>>;
}

function revisionOf(object: unknown): string {
  return annotationsOf(object)['deployment.kubernetes.io/revision'] ?? '';
}

function listAnnotations(set: unknown): object {
  const annotations = annotationsOf(set);
  return {
    desired: annotations['deployment.kubernetes.io/desired-replicas'],
    max: annotations['deployment.kubernetes.io/max-replicas'],
    revision: annotations['deployment.kubernetes.io/revision'],
  };
}
