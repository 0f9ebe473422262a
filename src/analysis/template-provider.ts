// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../api/kubernetes.js';
import type { MetricTemplate } from '../api/metric-template.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import { errorText } from '../lib/operator-error.js';
import type { TemplateSource } from './metric-request.js';
import { providerFactory } from './provider-registry.js';
import type { MetricProvider, ProviderDeps } from './providers/provider.js';

export type ResolvedTemplate =
  | { readonly kind: 'resolved'; readonly template: MetricTemplate; readonly provider: MetricProvider }
  /** `message` begins with "{template}.{namespace} ". */
  | { readonly kind: 'broken'; readonly message: string };

/**
 * Finds the MetricTemplate of a metric, reads its Secret and makes its provider, each time anew: an edited template or a
 * rotated Secret is used by the next check.
 */
export async function resolveTemplate(
  key: NonNullable<MetricCheck['templateRef']>,
  metric: MetricCheck,
  source: TemplateSource,
  deps: ProviderDeps,
): Promise<ResolvedTemplate> {
  const broken = (reason: string): ResolvedTemplate => ({
    kind: 'broken',
    message: `${key.name}.${key.namespace} ${reason}`,
  });
  const found = source.template(key);
  if (found === undefined) return broken(`error: metrictemplate.flagger.app "${key.name}" not found`);
  if (found.kind === 'invalid') return broken(`error: ${found.problems.join('; ')}`);
  const { template } = found;
  const { secretName, type, ...settings } = template.provider;
  try {
    const secret = secretName === undefined ? undefined : await readSecret(source, key.namespace, secretName);
    const provider = providerFactory(type)({ ...settings, ...secret, intervalMs: metric.intervalMs }, deps);
    return { kind: 'resolved', template, provider };
  } catch (error) {
    const what = error instanceof SecretProblem ? `secret ${error.secretName}` : `provider ${type}`;
    return broken(`${what} error: ${errorText(error)}`);
  }
}

class SecretProblem extends Error {
  constructor(
    readonly secretName: string,
    message: string,
  ) {
    super(message);
  }
}

async function readSecret(
  source: TemplateSource,
  namespace: string,
  name: string,
): Promise<{ readonly secret: StringMap }> {
  const secret = await source.secret({ namespace, name }).catch((error: unknown) => {
    throw new SecretProblem(name, errorText(error));
  });
  if (secret === undefined) throw new SecretProblem(name, `secrets "${name}" not found`);
  return { secret };
}
