// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from '../api/names.js';
import { InvalidSettings } from './invalid-settings.js';
import { nameSettings, readSettings } from './read-settings.js';
import { isHttpUrl } from './setting.js';
import { Settings } from './settings.js';

/** All settings in the order of the schema. */
export const namedSettings = nameSettings(Settings);

/**
 * The settings of the operator: environment variable, else flag, else default.
 * @param flags texts by flag name, without dashes; names that no setting has are not looked at
 * @throws InvalidSettings with one line that names the flag or variable
 */
export function loadSettings(
  flags: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const settings = readSettings(Settings, namedSettings, { flags, environment });
  const contradiction = firstContradiction(settings);
  if (contradiction !== undefined) throw new InvalidSettings(contradiction, 1);
  return settings;
}

/** Settings that are fine one by one and make no sense, or do harm, together. */
function firstContradiction(settings: Settings): string | undefined {
  return (
    withoutPrometheus(settings) ??
    withoutSkipperAddress(settings) ??
    withoutSelectorLabel(settings) ??
    withoutLeaseNamespace(settings) ??
    withoutRouteAnnotations(settings)
  );
}

function withoutPrometheus({ metricsServer = '' }: Settings): string | undefined {
  if (metricsServer === skipperMetricsServer || isHttpUrl(metricsServer)) return undefined;
  return `Error building prometheus client: prometheus address ${withoutUser(metricsServer)} is not a valid URL`;
}

function withoutSkipperAddress({ skipperMetricsAddresses }: Settings): string | undefined {
  const bad = skipperMetricsAddresses.find((address) => !isHttpUrl(address) || withoutUser(address) !== address);
  if (bad === undefined) return undefined;
  return `-skipper-metrics-addresses must not contain ${withoutUser(bad)}: expected addresses such as http://10.0.0.5:9911, without credentials`;
}

function withoutSelectorLabel({ selectorLabels }: Settings): string | undefined {
  if (selectorLabels.length > 0) return undefined;
  return '-selector-labels is empty: name at least one label that tells the pods of a target apart';
}

function withoutLeaseNamespace(settings: Settings): string | undefined {
  const { enableLeaderElection, leaderElectionNamespace, namespace } = settings;
  if (!enableLeaderElection || (leaderElectionNamespace ?? namespace) !== undefined) return undefined;
  return '-enable-leader-election needs -leader-election-namespace or -namespace: the Lease must be somewhere';
}

/** A canary route without the filters and predicates of the apex would drop its authentication and rate limits. */
function withoutRouteAnnotations({ ingressIgnoredAnnotationPrefixes }: Settings): string | undefined {
  const harmful = ingressIgnoredAnnotationPrefixes.find(
    (prefix) => prefix.startsWith('zalando.org/') || 'zalando.org/'.startsWith(prefix),
  );
  if (harmful === undefined) return undefined;
  return `-ingress-ignored-annotation-prefixes must not contain ${harmful}: the canary route needs the filters and predicates of the apex Ingress`;
}

function withoutUser(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//');
}
