// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { customResourceDefinitions, type KubeObject } from '../src/api/index.js';
import { apiVersionOf, type ApiServer } from '../src/sandbox/api-server/index.js';

/** An object as a manifest has it. */
export type Manifest = KubeObject & Readonly<Record<string, unknown>>;

/** The guide's own files, in the order in which it applies them. */
const guideFiles = [
  'kustomize/tester/account.yaml',
  'kustomize/tester/gates.yaml',
  'kustomize/tester/deployment.yaml',
  'kustomize/tester/service.yaml',
  'kustomize/podinfo/deployment.yaml',
  'kustomize/podinfo/hpa.yaml',
  'test/fixtures/guide/podinfo-ingress.yaml',
  'test/fixtures/guide/podinfo-canary.yaml',
];

/** What the guide waits for, made short. Everything else in its manifests stays as it is. */
export interface Pace {
  /** Between two checks; a Go duration. */
  readonly interval: string;
  readonly failedChecks: number;
}

/** Installs the CRDs and the guide's objects, as `kubectl apply` would. */
export function applyGuide(api: ApiServer, pace: Pace): void {
  for (const definition of customResourceDefinitions()) apply(api, asManifest(definition));
  for (const name of ['flagger-system', 'test']) {
    apply(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const manifest of guideFiles.flatMap(readManifests)) apply(api, paced(manifest, pace));
}

function apply(api: ApiServer, manifest: Manifest): void {
  const kind = api.registry
    .all()
    .find((each) => apiVersionOf(each) === manifest.apiVersion && each.kind === manifest.kind);
  if (kind === undefined) throw new Error(`The sandbox does not serve ${manifest.apiVersion} ${manifest.kind}`);
  // What `kubectl apply` compares with at its next call.
  const annotations = { ...manifest.metadata.annotations, [lastApplied]: JSON.stringify(manifest) };
  const namespace = kind.isNamespaced ? (manifest.metadata.namespace ?? 'test') : '';
  api.create(kind, namespace, { ...manifest, metadata: { ...manifest.metadata, annotations } });
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function readManifests(file: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => asManifest(document.toJS()));
}

/** Parse boundary: manifests of this repository, which other tests check. */
function asManifest(value: unknown): Manifest {
  return value as Manifest;
}

function paced(manifest: Manifest, { interval, failedChecks }: Pace): Manifest {
  // Parse boundary: the two kinds have these parts.
  if (manifest.kind === 'Canary') {
    const spec = manifest.spec as { readonly analysis: object };
    return { ...manifest, spec: { ...spec, analysis: { ...spec.analysis, interval, threshold: failedChecks } } };
  }
  if (manifest.kind === 'Deployment' && manifest.metadata.name === 'podinfo') {
    return { ...manifest, spec: { ...(manifest.spec as object), minReadySeconds: 1 } };
  }
  return manifest;
}
