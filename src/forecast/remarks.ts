// SPDX-License-Identifier: Apache-2.0
import type { RolloutSpec } from '../api/rollout-spec.js';
import { routesTraffic } from '../rollout/index.js';
import { BadManifestError } from './bad-manifest.js';
import type { Assumption } from './cast.js';
import { durationText } from './duration-text.js';
import type { Outcome } from './report.js';
import type { Scenario } from './scenario.js';

const builtIn = ['request-success-rate', 'request-duration'];

/** @throws BadManifestError when the scenario names a webhook or a metric that the Canary does not have */
export function assertKnown({ failingHook, values }: Scenario, { analysis }: RolloutSpec): void {
  const hooks = analysis.webhooks.map(({ name }) => name);
  if (failingHook !== undefined && !hooks.includes(failingHook)) throw unknownName('webhook', failingHook, hooks);
  const metrics = analysis.metrics.map(({ name }) => name).filter((name) => !builtIn.includes(name));
  for (const name of Object.keys(values))
    if (!metrics.includes(name)) throw unknownName('custom metric', name, metrics);
}

function unknownName(what: string, name: string, known: readonly string[]): BadManifestError {
  const has = known.length === 0 ? 'it has none' : `it has: ${known.join(', ')}`;
  return new BadManifestError(`The Canary has no ${what} ${name}; ${has}`);
}

/** What is taken for granted of everything that no manifest says. */
export function generalAssumptions(spec: RolloutSpec, scenario: Scenario): readonly Assumption[] {
  const pods = `ready ${durationText(scenario.podsReadyAfterMs)} after they are made`;
  return [
    { about: 'Pods', text: pods },
    ...(spec.target.kind === 'DaemonSet' ? [{ about: 'Nodes', text: 'one, so that each DaemonSet has one pod' }] : []),
    ...(spec.skipAnalysis ? [] : [...gateAssumptions(spec, scenario), ...metricAssumptions(spec, scenario)]),
  ];
}

function gateAssumptions(
  { analysis }: RolloutSpec,
  { failingHook, gateOpensAfterMs }: Scenario,
): readonly Assumption[] {
  const gates = analysis.webhooks.filter(({ type, name }) => type.startsWith('confirm-') && name !== failingHook);
  if (gates.length === 0) return [];
  const later = `open ${durationText(gateOpensAfterMs)} after they are first asked`;
  return [{ about: 'Gates', text: gateOpensAfterMs === 0 ? 'open when they are asked' : later }];
}

function metricAssumptions(spec: RolloutSpec, { noTraffic, values }: Scenario): readonly Assumption[] {
  if (noTraffic) return [];
  const { metrics } = spec.analysis;
  const others = metrics.filter(({ name }) => !builtIn.includes(name) && values[name] === undefined);
  const readsPods = !routesTraffic(spec) && others.length < metrics.length;
  const requests = 'only those of rollout and pre-rollout webhooks reach the new pods';
  return [
    ...(others.length === 0 ? [] : [{ about: 'Metrics', text: `${namesOf(others)}: in range` }]),
    ...(readsPods ? [{ about: 'Requests', text: requests }] : []),
  ];
}

function namesOf(metrics: readonly { readonly name: string }[]): string {
  return metrics.map(({ name }) => name).join(', ');
}

/** What nobody would find out about the revision. */
export function oversights(spec: RolloutSpec, scenario: Scenario, { result }: Outcome): readonly string[] {
  const { metrics, webhooks } = spec.analysis;
  if (spec.skipAnalysis) return ['skipAnalysis: nothing is asked of the revision, its pods only have to become ready'];
  const isAsked = (name: string): boolean => metrics.some((metric) => metric.name === name);
  const nothing = metrics.length === 0 && webhooks.every(({ type }) => type !== 'rollout');
  const errors = scenario.errorPercent > 0 && !isAsked('request-success-rate');
  const slowness = scenario.latencyMs !== undefined && !isAsked('request-duration');
  return result === 'promoted'
    ? [
        ...(nothing ? ['no check can fail: a revision whose pods become ready is promoted, whatever it answers'] : []),
        ...(errors ? ['no metric request-success-rate: what fails is seen by none of the metrics known here'] : []),
        ...(slowness ? ['no metric request-duration: what is slow is seen by none of the metrics known here'] : []),
      ]
    : [];
}
