// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseCommandLine } from '../../src/cli/index.js';
import { LoadTesterSettings } from '../../src/config/index.js';

const KubernetesObject = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
});
const Kustomization = z.object({ namespace: z.string(), resources: z.array(z.string()), images: z.unknown() });
const Container = z.looseObject({ command: z.array(z.string()), image: z.string() });
const Deployment = z.object({
  spec: z.object({ template: z.object({ spec: z.looseObject({ containers: z.tuple([Container]) }) }) }),
});

const folder = 'kustomize/tester';
const read = (name: string): readonly unknown[] =>
  parseAllDocuments(readFileSync(`${folder}/${name}`, 'utf8')).map((document) => document.toJS() as unknown); // a parse boundary

const kustomization = Kustomization.parse(read('kustomization.yaml')[0]);
const objects = kustomization.resources.flatMap(read).map((object) => KubernetesObject.parse(object));
const object = (kind: string) => objects.find((one) => one.kind === kind);
const podSpec = Deployment.parse(object('Deployment')).spec.template.spec;
const [container] = podSpec.containers;
const image = 'ghcr.io/flagger-skipper/flagger-loadtester';
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));

describe('kustomize/tester', () => {
  it('has everything that runs it, in the namespace test', () => {
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
    ]);
    expect(objects.map(({ metadata }) => metadata.namespace)).toEqual(objects.map(() => 'test'));
  });

  it('is reached as http://flagger-loadtester.test/', () => {
    expect(object('Service')).toMatchObject({
      metadata: { name: 'flagger-loadtester' },
      spec: { selector: { app: 'flagger-loadtester' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    });
    expect(container).toMatchObject({ ports: [{ name: 'http', containerPort: 8080 }] });
  });

  it('starts it with arguments that it takes', async () => {
    const [program, ...args] = container.command;
    expect(program).toBe('./loadtester');
    expect(await parseCommandLine(['loadtester', ...args], {})).toMatchObject({
      kind: 'loadTester',
      settings: { port: 8080, logLevel: 'info', timeoutMs: 3_600_000 },
    });
  });

  it('names the image of this version', () => {
    expect(container.image).toBe(`${image}:${version}`);
    expect(kustomization.images).toEqual([{ name: image, newTag: version }]);
  });

  it('runs it as user 10001 on a read-only root without privileges', () => {
    expect(podSpec).toMatchObject({ securityContext: { runAsUser: 10001, runAsNonRoot: true } });
    expect(container.securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('grants the ConfigMap of the gates and nothing else', () => {
    const name = LoadTesterSettings.parse({}).gateConfigMap;
    expect(object('ConfigMap')?.metadata.name).toBe(name);
    expect(object('Role')?.rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['get', 'patch'] },
    ]);
  });

  it('closes no gate when it is applied again', () => {
    expect(object('ConfigMap')).not.toHaveProperty('data');
  });
});
