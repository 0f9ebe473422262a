// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parse, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { crdFiles, type GeneratedFile } from './crd-files.js';

const header = '# Rendered from kustomize/skipper and crds by "npx tsx hack/generate-deploy.ts". Do not edit.\n';

/** The plain manifests of deploy/, for those who use no kustomize: the same objects as kustomize/skipper. */
export function deployFiles(): readonly GeneratedFile[] {
  const operator = [
    source('skipper/namespace.yaml'),
    ...crdFiles().map(({ text }) => withoutFirstComment(text)),
    source('base/operator/account.yaml'),
    source('base/flagger/rbac.yaml'),
    operatorDeployment(),
  ];
  const prometheus = [
    source('base/prometheus/account.yaml'),
    prometheusConfigMap(),
    source('base/prometheus/service.yaml'),
    source('base/prometheus/deployment.yaml'),
  ];
  return [
    { path: 'deploy/flagger.yaml', text: header + operator.join('---\n') },
    { path: 'deploy/prometheus.yaml', text: header + prometheus.join('---\n') },
  ];
}

function source(path: string): string {
  return readFileSync(`kustomize/${path}`, 'utf8');
}

function withoutFirstComment(text: string): string {
  return text.replace(/^#.*\n/, '');
}

const containerArgs = ['spec', 'template', 'spec', 'containers', 0, 'args'] as const;

/** The Deployment of the base with the arguments of the overlay. */
function operatorDeployment(): string {
  const deployment = parseDocument(source('base/operator/deployment.yaml'));
  const patch = parseDocument(source('skipper/patch.yaml'));
  deployment.setIn(containerArgs, patch.getIn(containerArgs));
  return deployment.toString({ lineWidth: 120, flowCollectionPadding: false });
}

const Kustomization = z.object({
  namespace: z.string(),
  configMapGenerator: z.tuple([
    z.object({ name: z.string(), options: z.object({ labels: z.record(z.string(), z.string()) }) }),
  ]),
});

function prometheusConfigMap(): string {
  const { namespace, configMapGenerator } = Kustomization.parse(parse(source('base/prometheus/kustomization.yaml')));
  const [{ name, options }] = configMapGenerator;
  const metadata = { name, namespace, labels: options.labels };
  const data = { 'prometheus.yml': source('base/prometheus/prometheus.yml') };
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
}
