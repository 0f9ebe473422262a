// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { deployFiles } from '../../hack/deploy-files.js';
import { parseCommandLine } from '../../src/cli/index.js';

const Rule = z.object({
  apiGroups: z.array(z.string()).optional(),
  resources: z.array(z.string()).optional(),
  nonResourceURLs: z.array(z.string()).optional(),
  verbs: z.array(z.string()),
});
const Rules = z.object({ rules: z.array(Rule) });

const PodSpecHolder = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.tuple([z.looseObject({ name: z.string(), args: z.array(z.string()) })]) }),
    }),
  }),
});

function documents(path: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as unknown); // a parse boundary
}

/** The only container of the first workload in a file. */
function container(path: string) {
  return PodSpecHolder.parse(documents(path)[0]).spec.template.spec.containers[0];
}

function rules(path: string): z.infer<typeof Rule>[] {
  return Rules.parse(documents(path)[0]).rules;
}

const operatorDeployment = 'kustomize/base/operator/deployment.yaml';
const image = 'ghcr.io/flagger-skipper/flagger';
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));

describe('deploy/', () => {
  it.each(deployFiles().map(({ path, text }) => ({ path, text })))(
    '$path is what `npx tsx hack/generate-deploy.ts` writes',
    ({ path, text }) => {
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );
});

describe('kustomize/', () => {
  it.each([
    { overlay: 'kubernetes', settings: { meshProvider: 'kubernetes', includeLabelPrefixes: ['app.kubernetes.io'] } },
    { overlay: 'skipper', settings: { meshProvider: 'skipper', metricsServer: 'http://flagger-prometheus:9090' } },
    { overlay: 'namespaced', settings: { namespace: '$(NAMESPACE)', noCrossNamespaceRefs: true } },
  ])('starts the operator of $overlay with arguments that it takes', async ({ overlay, settings }) => {
    const { args } = container(`kustomize/${overlay}/patch.yaml`);
    expect(await parseCommandLine(args, {})).toMatchObject({
      kind: 'run',
      settings: { logLevel: 'info', ...settings },
    });
  });

  it('names the image of this version', () => {
    expect(container(operatorDeployment).image).toBe(`${image}:${version}`);
    expect(documents('kustomize/base/operator/kustomization.yaml')).toMatchObject([
      { images: [{ name: image, newTag: version }] },
    ]);
  });

  it('runs the operator as user 10001 on a read-only root without privileges', () => {
    expect(container(operatorDeployment).securityContext).toEqual({
      runAsUser: 10001,
      runAsGroup: 10001,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('probes with the program and the paths that the image has', () => {
    const probe = (path: string) => ({
      exec: { command: ['wget', '--quiet', '--tries=1', '--timeout=2', '--spider', `http://localhost:8080${path}`] },
    });
    expect(container(operatorDeployment)).toMatchObject({
      livenessProbe: probe('/healthz'),
      readinessProbe: probe('/readyz'),
    });
  });

  it('grants the same in one namespace as in all', () => {
    const everywhere = rules('kustomize/base/flagger/rbac.yaml');
    expect(everywhere.filter((rule) => rule.nonResourceURLs === undefined)).toEqual(
      rules('kustomize/namespaced/rbac.yaml'),
    );
  });

  it('grants the external metrics of the cluster only with the component, and only to read them', () => {
    expect(rules('kustomize/components/external-metrics/rbac.yaml')).toEqual([
      { apiGroups: ['external.metrics.k8s.io'], resources: ['*'], verbs: ['list'] },
    ]);
    const groups = rules('kustomize/base/flagger/rbac.yaml').flatMap(({ apiGroups = [] }) => apiGroups);
    expect(groups).not.toContain('external.metrics.k8s.io');
    expect(documents('kustomize/components/external-metrics/kustomization.yaml')).toMatchObject([
      { kind: 'Component', resources: ['rbac.yaml'] },
    ]);
  });

  it('grants nothing by a wildcard', () => {
    const granted = rules('kustomize/base/flagger/rbac.yaml').flatMap((rule) => Object.values(rule).flat());
    expect(granted).not.toContain('*');
  });
});
