// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { successful, versionOf, type Bench } from '../bench.js';
import { at, textAt } from '../cluster.js';
import { apps, canary, configMap, core, deployment, flagger, inNamespace, service } from '../objects.js';

export function ruleCases(bench: Bench): void {
  const { namespace } = bench;
  const services = inNamespace(core, 'services', namespace);
  const deployments = inNamespace(apps, 'deployments', namespace);
  const configMaps = inNamespace(core, 'configmaps', namespace);
  const secrets = inNamespace(core, 'secrets', namespace);
  const canaries = inNamespace(flagger, 'canaries', namespace);

  it('gives each Service an address of its own', async () => {
    const one = await bench.created(services, service(bench.name()));
    const two = await bench.created(services, service(bench.name()));
    expect(textAt(one, 'spec.clusterIP')).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(textAt(one, 'spec.clusterIP')).not.toBe(textAt(two, 'spec.clusterIP'));
  });

  it('keeps the address and node port of a Service that a PUT does not repeat', async () => {
    const name = bench.name();
    const before = await bench.created(services, service(name, { type: 'NodePort' }));
    const after = successful(
      await bench.client.put(`${services}/${name}`, service(name, { type: 'NodePort', selector: { a: 'b' } })),
    );
    for (const path of ['spec.clusterIP', 'spec.clusterIPs', 'spec.ports.0.nodePort']) {
      expect(at(after, path)).toEqual(at(before, path));
    }
  });

  it('does not let the address of a Service change', async () => {
    const name = bench.name();
    await bench.created(services, service(name));
    const answer = await bench.client.patch(`${services}/${name}`, 'merge', {
      spec: { clusterIP: '10.96.255.250', clusterIPs: ['10.96.255.250'] },
    });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(textAt(answer.body, 'message')).toContain(
      'spec.clusterIPs[0]: Invalid value: ["10.96.255.250"]: may not change once set',
    );
  });

  it('refuses an address that another Service holds', async () => {
    const one = await bench.created(services, service(bench.name()));
    const address = textAt(one, 'spec.clusterIP');
    const answer = await bench.client.post(services, service(bench.name(), { clusterIP: address }));
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(textAt(answer.body, 'message')).toContain(
      `spec.clusterIPs: Invalid value: ["${address}"]: failed to allocate IP ${address}: provided IP is already allocated`,
    );
  });

  it('takes node ports away with the type', async () => {
    const name = bench.name();
    await bench.created(services, service(name, { type: 'NodePort' }));
    const answer = await bench.client.patch(`${services}/${name}`, 'merge', { spec: { type: 'ClusterIP' } });
    expect(answer).toMatchObject({ status: 200, body: { spec: { type: 'ClusterIP' } } });
    expect(at(answer.body, 'spec.ports.0.nodePort')).toBeUndefined();
  });

  it('does not let the selector of a Deployment change', async () => {
    const name = bench.name();
    await bench.created(deployments, deployment(name, { paused: true }));
    const labels = { app: 'web', more: 'x' };
    const answer = await bench.client.patch(`${deployments}/${name}`, 'merge', {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    const fact = `spec.selector: Invalid value: {"matchLabels":{"app":"web","more":"x"}}: field is immutable`;
    expect(answer).toMatchObject({
      status: 422,
      body: { reason: 'Invalid', message: `Deployment.apps "${name}" is invalid: ${fact}` },
    });
  });

  it('fills an update in like a new object', async () => {
    const name = bench.name();
    const before = await bench.created(deployments, deployment(name, { paused: true, replicas: 0 }));
    const spec = {
      replicas: 0,
      paused: true,
      selector: at(before, 'spec.selector'),
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:latest' }] } },
    };
    const after = successful(await bench.client.put(`${deployments}/${name}`, { metadata: { name }, spec }));
    expect(at(after, 'spec.strategy')).toEqual(at(before, 'spec.strategy'));
    expect(at(after, 'spec.template.spec.containers.0.imagePullPolicy')).toBe('Always');
    expect(at(after, 'spec.progressDeadlineSeconds')).toBe(600);
  });

  it.each([
    ['ConfigMap', configMaps, 'data'],
    ['Secret', secrets, 'data'],
  ])('does not let an immutable %s change', async (kind, path, field) => {
    const name = bench.name();
    await bench.created(path, { metadata: { name }, immutable: true, data: { a: 'eA==' } });
    const changed = await bench.client.patch(`${path}/${name}`, 'merge', { data: { a: 'eQ==' } });
    const fact = 'Forbidden: field is immutable when `immutable` is set';
    expect(changed).toMatchObject({
      status: 422,
      body: { message: `${kind} "${name}" is invalid: ${field}: ${fact}` },
    });
    const freed = await bench.client.patch(`${path}/${name}`, 'merge', { immutable: false });
    expect(freed).toMatchObject({ status: 422, body: { message: `${kind} "${name}" is invalid: immutable: ${fact}` } });
    expect((await bench.client.patch(`${path}/${name}`, 'merge', { metadata: { labels: { a: 'b' } } })).status).toBe(
      200,
    );
  });

  it('does not let the type of a Secret change', async () => {
    const name = bench.name();
    await bench.created(secrets, { metadata: { name }, type: 'a/b' });
    const answer = await bench.client.put(`${secrets}/${name}`, { metadata: { name }, type: 'c/d' });
    expect(answer).toMatchObject({
      status: 422,
      body: { message: `Secret "${name}" is invalid: type: Invalid value: "c/d": field is immutable` },
    });
  });

  it('lets a pod change its image and nothing else', async () => {
    const name = bench.name();
    const pods = inNamespace(core, 'pods', namespace);
    await bench.created(pods, { metadata: { name }, spec: { containers: [{ name: 'web', image: 'web:1' }] } });
    const image = await bench.client.patch(`${pods}/${name}`, 'strategic', {
      spec: { containers: [{ name: 'web', image: 'web:2' }] },
    });
    expect(image).toMatchObject({ status: 200, body: { metadata: { generation: 2 } } });
    const command = await bench.client.patch(`${pods}/${name}`, 'strategic', {
      spec: { containers: [{ name: 'web', args: ['a'] }] },
    });
    expect(textAt(command.body, 'message')).toContain(
      `Pod "${name}" is invalid: spec: Forbidden: pod updates may not change fields other than`,
    );
    await bench.client.delete(`${pods}/${name}`);
  });

  it('prunes a Canary that is replaced', async () => {
    const name = bench.name();
    const before = await bench.created(canaries, canary(name));
    const body = {
      ...canary(name, { bogus: { deep: 1 }, suspend: true }),
      metadata: { name, resourceVersion: versionOf(before) },
      more: 1,
    };
    const answer = await bench.client.put(`${canaries}/${name}`, body);
    expect(answer).toMatchObject({ status: 200, body: { spec: { suspend: true } } });
    expect(at(answer.body, 'spec.bogus')).toBeUndefined();
    expect(at(answer.body, 'more')).toBeUndefined();
    expect(answer.warnings).toEqual([String.raw`unknown field \"more\"`, String.raw`unknown field \"spec.bogus\"`]);
  });

  it('keeps what a schema leaves open', async () => {
    const name = bench.name();
    const service = { port: 80, match: [{ uri: { prefix: '/' }, deep: [1, { a: null }] }] };
    const object = await bench.created(canaries, canary(name, { service }));
    expect(at(object, 'spec.service.match')).toEqual([{ uri: { prefix: '/' }, deep: [1, { a: null }] }]);
  });

  it('keeps the numbers and texts of a Canary as they are', async () => {
    const name = bench.name();
    const analysis = {
      interval: '60s',
      threshold: 2,
      iterations: 3,
      metrics: [{ name: 'm', thresholdRange: { min: 99.5, max: 100 }, interval: '1m' }],
    };
    const object = await bench.created(canaries, canary(name, { analysis, service: { port: 80, targetPort: 'http' } }));
    expect(at(object, 'spec.analysis')).toEqual(analysis);
    expect(at(object, 'spec.service.targetPort')).toBe('http');
  });

  it('refuses a change that makes a Canary invalid, and leaves it', async () => {
    const name = bench.name();
    const before = await bench.created(canaries, canary(name));
    const answer = await bench.client.patch(`${canaries}/${name}`, 'merge', {
      spec: { analysis: { threshold: 'many' } },
    });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(versionOf((await bench.client.get(`${canaries}/${name}`)).body)).toBe(versionOf(before));
  });

  it('refuses metadata without end', async () => {
    const name = bench.name();
    const annotations = { a: 'x'.repeat(262_144) };
    const answer = await bench.client.post(configMaps, configMap(name, {}, { annotations }));
    expect(textAt(answer.body, 'message')).toBe(
      `ConfigMap "${name}" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes`,
    );
  });
}
