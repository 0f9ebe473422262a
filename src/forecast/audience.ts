// SPDX-License-Identifier: Apache-2.0
import type { MatchCondition, StringMatch } from '../api/rollout-spec.js';
import { routesTraffic, type Observation } from '../rollout/index.js';
import type { Audience } from './report.js';

/** Who is served by the new revision, as the routes have it. */
export function audienceOf(seen: Observation): Audience {
  const { routes, spec } = seen;
  const { analysis } = spec;
  if (isPromoted(seen)) return { kind: 'everybody' };
  if (!routesTraffic(spec) || !routes.enabled) return { kind: 'nobody' };
  if (routes.mirror === 'on') return { kind: 'copies', percent: analysis.mirrorWeight };
  const percent = routes.canaryWeight ?? 0;
  if (percent === 0) return { kind: 'nobody' };
  if (!routes.everybody) return { kind: 'matching', conditions: analysis.match.map(conditionText) };
  return { kind: 'share', percent, sticky: analysis.sessionAffinity !== undefined && percent < 100 };
}

/** The primary runs it, and has its traffic. */
function isPromoted({ primary, status }: Observation): boolean {
  const { phase, lastAppliedSpec } = status;
  return (phase === 'Finalising' || phase === 'Succeeded') && primary?.revision === lastAppliedSpec;
}

function conditionText({ headers, queryParams }: MatchCondition): string {
  return [
    ...Object.entries(headers).map(([name, match]) => `header ${name}${matchText(match)}`),
    ...Object.entries(queryParams).map(([name, match]) => `query ${name}${matchText(match)}`),
  ].join(' and ');
}

function matchText({ exact, prefix, suffix, regex }: StringMatch): string {
  if (exact !== undefined) return ` = ${exact}`;
  if (prefix !== undefined) return ` begins with ${prefix}`;
  if (suffix !== undefined) return ` ends with ${suffix}`;
  return regex === undefined ? '' : ` matches ${regex}`;
}
