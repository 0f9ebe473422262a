// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { canaryName } from '../api/names.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import type { ApexFindings } from './apex-check.js';
import { layOutApex, serviceOf } from './apex-layout.js';
import type { PathGroup } from './apex-layout.js';
import { helperSuffixes } from './ingress-plan.js';
import type { Split } from './ingress-plan.js';
import { describeIngress, describePath } from './ingress-text.js';
import { readMatch } from './match-predicates.js';
import { affinityProblems, affinityWarnings, parseSessionCookie } from './session-cookie.js';

type Analysis = RolloutSpec['analysis'];

/** Cookies of the running rollout, "name=value", as the status of a Canary has them. */
export interface SessionCookies {
  readonly sessionAffinityCookie?: string;
  readonly primarySessionAffinityCookie?: string;
}

/** The kind of split that a Canary asks for. */
export function splitKind({ match, iterations, sessionAffinity }: Analysis): Split['kind'] {
  if (iterations > 0) return match.length > 0 ? 'match' : 'weights';
  return sessionAffinity === undefined ? 'weights' : 'affinity';
}

/** What of a Canary decides on the split of its requests. */
export type SplitSpec = Pick<RolloutSpec, 'analysis' | 'target'>;

/** The split of the running rollout: nobody is held before it has cookies of its own. */
export function splitOf(spec: SplitSpec, cookies: SessionCookies): Split {
  const division = divisionOf(spec.analysis, cookies);
  return needsFloor(spec) ? { ...division, floor: true } : division;
}

/** The apex of a Service target leads to the target, so nobody may be left to it who is not meant for a new revision. */
function needsFloor({ analysis, target }: SplitSpec): boolean {
  return target.kind === 'Service' && (splitKind(analysis) !== 'weights' || analysis.mirror);
}

function divisionOf(analysis: Analysis, cookies: SessionCookies): Split {
  const kind = splitKind(analysis);
  const canaryCookie = parseSessionCookie(cookies.sessionAffinityCookie);
  const { sessionAffinity: affinity } = analysis;
  if (kind === 'match') return { kind, match: analysis.match };
  if (kind === 'weights' || affinity === undefined || canaryCookie === undefined) return { kind: 'weights' };
  const primaryCookie =
    affinity.primaryCookieName === undefined ? undefined : parseSessionCookie(cookies.primarySessionAffinityCookie);
  return { kind, affinity, canaryCookie, primaryCookie };
}

/** Names of all helpers that a Canary may have beside the canary Ingress of this apex. */
export function helperNames(apexName: string, spec: SplitSpec): readonly string[] {
  const { match, mirror } = spec.analysis;
  const needs = { kind: splitKind(spec.analysis), matchCount: match.length, mirror, floor: needsFloor(spec) };
  return helperSuffixes(needs).map((suffix) => `${canaryName(apexName)}${suffix}`);
}

/** Judges whether Skipper can divide the requests as a Canary asks for. `apex` has been judged by `checkApex`. */
export function checkSplit(apex: Ingress, serviceName: string, spec: SplitSpec): ApexFindings {
  const { analysis } = spec;
  const { sessionAffinity, match, mirror } = analysis;
  const kind = splitKind(analysis);
  const affinity = kind === 'affinity' ? sessionAffinity : undefined;
  return {
    problems: [
      ...(kind === 'match' ? readMatch(match).flatMap(({ problems }) => problems) : []),
      ...(affinity === undefined ? [] : [...affinityProblems(affinity), ...sharedPathProblems(apex, serviceName)]),
      ...(mirror && kind !== 'match' ? mirrorProblems(apex, serviceName) : []),
      ...nameProblems(apex, spec),
    ],
    warnings: affinity === undefined ? [] : affinityWarnings(affinity),
  };
}

/** A copy that finds no route of its own is copied again, so every path that is copied must lead to the canary alone. */
function mirrorProblems(apex: Ingress, serviceName: string): readonly string[] {
  const { served, shadowed } = layOutApex(apex, serviceName);
  return foreignPaths([...served, ...shadowed], serviceName).map(
    ({ place, service }) =>
      `${describeIngress(apex)} leads ${place} to Service ${service}, whose requests would be copied with those of ` +
      `${serviceName}; give both an Ingress or a path (of type Prefix or Exact) of their own, or remove spec.analysis.mirror`,
  );
}

/** Skipper draws for each route anew, so a share of a share would not be what was asked for. */
function sharedPathProblems(apex: Ingress, serviceName: string): readonly string[] {
  return foreignPaths(layOutApex(apex, serviceName).served, serviceName).map(
    ({ place, service }) =>
      `${describeIngress(apex)} divides ${place} between Service ${serviceName} and ${service}, which session affinity cannot ` +
      `divide further; give ${serviceName} a path of its own, or remove spec.analysis.sessionAffinity`,
  );
}

function foreignPaths(
  groups: readonly PathGroup[],
  serviceName: string,
): readonly { readonly place: string; readonly service: string }[] {
  return groups.flatMap(({ rule, paths }) =>
    paths
      .filter((path) => serviceOf(path) !== serviceName)
      .map((path) => ({ place: describePath(rule, path), service: serviceOf(path) ?? '' })),
  );
}

const maxNameLength = 253;

function nameProblems(apex: Ingress, spec: SplitSpec): readonly string[] {
  const names = helperNames(apex.metadata.name, spec);
  return names.some((name) => name.length > maxNameLength)
    ? [`${describeIngress(apex)} has a name too long to append to; give it one of at most 230 characters`]
    : [];
}
