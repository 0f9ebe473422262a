// SPDX-License-Identifier: Apache-2.0
import type { PodTemplate } from '../../../src/api/index.js';
import { api, resourcePath } from '../bench/api.js';
import { kubectl } from './kubectl.js';
import { Operator } from './operator.js';

/** What the guide installs: `kubectl apply -k kustomize/kubernetes`. Returns what kubectl said. */
export function installFlagger(): Promise<string> {
  return kubectl('apply', '-k', 'kustomize/kubernetes');
}

/** A replica with exactly the arguments, ServiceAccount and port of the installed Deployment, and `extra` arguments. */
export async function flaggerFromManifests(name: string, extra: readonly string[] = []): Promise<Operator> {
  const deployment = await api.get(resourcePath('deployments', 'flagger-system', 'flagger'));
  // Parse boundary: the API server has accepted it as a Deployment.
  const { template } = deployment.spec as { readonly template: PodTemplate };
  const [container] = template.spec.containers as readonly { readonly args?: readonly string[] }[];
  const args = [...(container?.args ?? []), ...extra];
  return new Operator({ name, namespace: 'flagger-system', args, port: 8080 });
}
