// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { failure, generationOf, successful, versionOf, type Bench } from '../bench.js';
import { at, textAt } from '../cluster.js';
import { apps, canary, configMap, core, deployment, flagger, ingress, inNamespace, networking } from '../objects.js';

/** Where a status may bring metadata along, and where not. */
const metadata = { labels: { l: '1' }, annotations: { a: '1' } };

export function subresourceCases(bench: Bench): void {
  const { namespace } = bench;
  const canaries = inNamespace(flagger, 'canaries', namespace);
  const ingresses = inNamespace(networking, 'ingresses', namespace);
  const deployments = inNamespace(apps, 'deployments', namespace);
  const paused = (name: string): object => deployment(name, { paused: true });

  it('writes the status and nothing else of a Canary', async () => {
    const name = bench.name();
    await bench.created(canaries, canary(name));
    const change = {
      metadata: { ...metadata, finalizers: ['a.b/c'] },
      spec: { suspend: true },
      status: { phase: 'Failed' },
    };
    const answer = await bench.client.patch(`${canaries}/${name}/status`, 'merge', change);
    expect(answer).toMatchObject({ status: 200, body: { status: { phase: 'Failed' }, metadata: { generation: 1 } } });
    expect(at(answer.body, 'spec.suspend')).toBeUndefined();
    for (const field of ['labels', 'annotations', 'finalizers'])
      expect(at(answer.body, `metadata.${field}`)).toBeUndefined();
  });

  it('does not write the status of a Canary elsewhere', async () => {
    const name = bench.name();
    await bench.created(canaries, { ...canary(name), status: { phase: 'Failed' } });
    const status = await bench.client.patch(`${canaries}/${name}/status`, 'merge', { status: { phase: 'Waiting' } });
    expect(at(status.body, 'status')).toEqual({ phase: 'Waiting' });
    const patched = await bench.client.patch(`${canaries}/${name}`, 'merge', { status: { phase: 'Failed' } });
    expect(at(patched.body, 'status')).toEqual({ phase: 'Waiting' });
    const put = await bench.client.put(`${canaries}/${name}`, {
      ...canary(name, { suspend: true }),
      metadata: { name, resourceVersion: versionOf(patched.body) },
    });
    expect(at(put.body, 'status')).toEqual({ phase: 'Waiting' });
  });

  it('drops unknown fields of a status and checks the others', async () => {
    const name = bench.name();
    await bench.created(canaries, canary(name));
    const dropped = await bench.client.patch(`${canaries}/${name}/status`, 'merge', {
      status: { phase: 'Failed', bogus: 1 },
    });
    expect(at(dropped.body, 'status')).toEqual({ phase: 'Failed' });
    const refused = await bench.client.patch(`${canaries}/${name}/status`, 'merge', { status: { phase: 'Bogus' } });
    expect(refused).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(textAt(refused.body, 'message')).toContain('status.phase: Unsupported value: "Bogus": supported values: ""');
  });

  it('replaces the status of the version that was read, only', async () => {
    const name = bench.name();
    const before = await bench.created(canaries, canary(name));
    const withStatus = (phase: string): object => ({ ...(before as object), status: { phase, canaryWeight: 5 } });
    const written = successful(await bench.client.put(`${canaries}/${name}/status`, withStatus('Progressing')));
    expect(at(written, 'status')).toEqual({ phase: 'Progressing', canaryWeight: 5 });
    const answer = await bench.client.put(`${canaries}/${name}/status`, withStatus('Failed'));
    expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  });

  it('keeps the version when a status is the same', async () => {
    const name = bench.name();
    await bench.created(canaries, canary(name));
    const first = await bench.client.patch(`${canaries}/${name}/status`, 'merge', { status: { phase: 'Failed' } });
    const second = await bench.client.patch(`${canaries}/${name}/status`, 'merge', { status: { phase: 'Failed' } });
    expect(versionOf(second.body)).toBe(versionOf(first.body));
  });

  it('takes labels and annotations with the status of an Ingress, but no spec', async () => {
    const name = bench.name();
    await bench.created(ingresses, ingress(name));
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    const answer = await bench.client.patch(`${ingresses}/${name}/status`, 'merge', {
      metadata,
      spec: { ingressClassName: 'x' },
      status,
    });
    expect(answer).toMatchObject({ status: 200, body: { status, metadata: { ...metadata, generation: 1 } } });
    expect(at(answer.body, 'spec.ingressClassName')).toBeUndefined();
    const other = await bench.client.patch(`${ingresses}/${name}`, 'merge', { status: { loadBalancer: null } });
    expect(at(other.body, 'status')).toEqual(status);
  });

  it('takes annotations but no labels with the status of a Deployment', async () => {
    const name = bench.name();
    await bench.created(deployments, paused(name));
    const answer = await bench.client.patch(`${deployments}/${name}/status`, 'merge', { metadata });
    expect(answer).toMatchObject({ status: 200, body: { metadata: { annotations: { a: '1' }, generation: 1 } } });
    expect(at(answer.body, 'metadata.labels')).toBeUndefined();
  });

  it('serves no status of kinds without', async () => {
    const name = bench.name();
    await bench.created(inNamespace(core, 'configmaps', namespace), configMap(name));
    const answer = await bench.client.get(`${inNamespace(core, 'configmaps', namespace)}/${name}/status`);
    expect(answer).toMatchObject(failure(404, 'NotFound', 'the server could not find the requested resource'));
  });

  it('shows the scale of a Deployment', async () => {
    const name = bench.name();
    const object = await bench.created(
      deployments,
      deployment(name, { paused: true, replicas: 0, minReadySeconds: 9 }),
    );
    const scale = successful(await bench.client.get(`${deployments}/${name}/scale`));
    expect(scale).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name, namespace, uid: at(object, 'metadata.uid') },
      spec: {},
      status: { replicas: 0, selector: 'app=web' },
    });
    expect(at(scale, 'spec.replicas')).toBeUndefined();
  });

  it('scales a Deployment, which is a new generation', async () => {
    const name = bench.name();
    await bench.created(deployments, paused(name));
    const put = await bench.client.put(`${deployments}/${name}/scale`, {
      metadata: { name, namespace },
      spec: { replicas: 2 },
    });
    expect(put).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 2 } } });
    const patched = await bench.client.patch(`${deployments}/${name}/scale`, 'merge', { spec: { replicas: 1 } });
    expect(patched).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 1 } } });
    const object = await bench.client.get(`${deployments}/${name}`);
    expect([at(object.body, 'spec.replicas'), generationOf(object.body)]).toEqual([1, 3]);
  });

  it('refuses a scale of an old version, and less than nothing', async () => {
    const name = bench.name();
    await bench.created(deployments, paused(name));
    const path = `${deployments}/${name}/scale`;
    const stale = await bench.client.put(path, {
      metadata: { name, namespace, resourceVersion: '1' },
      spec: { replicas: 2 },
    });
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const negative = await bench.client.put(path, { metadata: { name, namespace }, spec: { replicas: -1 } });
    const fact = 'spec.replicas: Invalid value: -1: must be greater than or equal to 0';
    expect(negative).toMatchObject(failure(422, 'Invalid', `Scale.autoscaling "${name}" is invalid: ${fact}`));
  });
}
