// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, IntOrString } from '../api/kubernetes.js';
import {
  canaryKind,
  canaryName,
  primaryName,
  skipperFilterAnnotation,
  skipperPredicateAnnotation,
  skipperRoutesAnnotation,
  skipperWeightsAnnotation,
} from '../api/names.js';
import { ingressClassAnnotation, pathModeAnnotation } from './annotations.js';
import { layOutApex, serviceOf } from './apex-layout.js';
import type { ApexLayout, PathGroup } from './apex-layout.js';
import { parseWeights } from './backend-weights.js';
import { isEskipProblem, parseFilters, parsePredicates, parseRoutes } from './eskip-parser.js';
import { describeIngress, describePath } from './ingress-text.js';
import { jsonMembers } from './json-members.js';
import { isOff, predicatesOf } from './predicate.js';
import { isRankedExpression, shareRequests } from './path-overlap.js';

export interface ApexCheckInput {
  readonly apex: Ingress;
  /** Base name of the Canary's Services. */
  readonly serviceName: string;
  /** Whether apex, primary and canary Service all have a port of this number or name. */
  readonly servesPort: (port: IntOrString) => boolean;
}

/** Sentences for the user, each with object, fact and way out. */
export interface ApexFindings {
  /** With any of these no object of the Canary may be touched: the traffic could not be split or would be lost. */
  readonly problems: readonly string[];
  /** Worth knowing; nothing is held back. */
  readonly warnings: readonly string[];
}

interface Subject extends ApexCheckInput {
  readonly layout: ApexLayout;
  /** Begin of every sentence, such as "Ingress podinfo.test". */
  readonly name: string;
}

const maxNameLength = 253;
/** What a Skipper without further settings serves. */
const defaultClass = 'skipper';

/** Judges whether the traffic of an apex Ingress can be split between canary and primary (D33, R17). */
export function checkApex(input: ApexCheckInput): ApexFindings {
  const subject: Subject = {
    ...input,
    layout: layOutApex(input.apex, input.serviceName),
    name: describeIngress(input.apex),
  };
  return {
    problems: [
      ...identityProblems(subject),
      ...syntaxProblems(subject),
      ...backendProblems(subject),
      ...portProblems(subject),
      ...weightProblems(subject),
      ...hostProblems(subject),
    ],
    warnings: warningsOf(subject),
  };
}

/** Why the canary Ingress that exists must not be touched: it is not this Canary's (S7). Undefined when it is. */
export function ownershipProblem(observed: Ingress, ownerUid: string): string | undefined {
  if ((observed.metadata.ownerReferences ?? []).some((reference) => reference.uid === ownerUid)) return undefined;
  const name = describeIngress(observed);
  return `${name} exists and does not belong to this Canary; delete it, or rename the Ingress that spec.ingressRef names`;
}

function identityProblems({ apex, name }: Subject): readonly string[] {
  const problems: string[] = [];
  const owner = apex.metadata.ownerReferences?.find((reference) => reference.kind === canaryKind);
  if (owner !== undefined) {
    problems.push(
      `${name} is itself made by Canary ${owner.name}; point spec.ingressRef at the Ingress that you wrote`,
    );
  }
  if (canaryName(apex.metadata.name).length > maxNameLength) {
    problems.push(
      `${name} has a name too long to append "-canary" to; give it one of at most ${maxNameLength - 7} characters`,
    );
  }
  return problems;
}

function syntaxProblems({ apex, name }: Subject): readonly string[] {
  const annotations = apex.metadata.annotations ?? {};
  const parsers = [
    [skipperPredicateAnnotation, parsePredicates],
    [skipperFilterAnnotation, parseFilters],
    [skipperRoutesAnnotation, parseRoutes],
  ] as const;
  return parsers.flatMap(([key, parse]) => {
    const parsed = parse(annotations[key] ?? '');
    if (!isEskipProblem(parsed)) return [];
    const place = `character ${parsed.position + 1}`;
    return [`${name} is ignored by Skipper: annotation ${key} is not valid at ${place} (${parsed.reason}); correct it`];
  });
}

function backendProblems(subject: Subject): readonly string[] {
  const { apex, layout, name, serviceName } = subject;
  if (predicatesOf(apex.metadata.annotations?.[skipperPredicateAnnotation]).some(isOff)) {
    return [`${name} serves nothing: its ${skipperPredicateAnnotation} contains False(); remove it`];
  }
  if (layout.served.length > 0) return ambiguousBackends(subject);
  if (layout.starved) {
    return [`${name} gives Service ${serviceName} no traffic: its ${skipperWeightsAnnotation} is 0; give it a weight`];
  }
  if (apex.spec.defaultBackend?.service?.name === serviceName) {
    return [
      `${name} leads to Service ${serviceName} by its default backend only, which cannot be split; add a path to it`,
    ];
  }
  return [`${name} has no path to Service ${serviceName}; add one, or correct spec.ingressRef or spec.service.name`];
}

/** The split would mix with the user's own use of the generated Services. */
function ambiguousBackends({ layout, name, serviceName }: Subject): readonly string[] {
  const generated = [canaryName(serviceName), primaryName(serviceName)];
  return layout.served.flatMap(({ rule, paths }) =>
    paths
      .filter((path) => generated.includes(serviceOf(path) ?? ''))
      .map((path) => {
        const service = serviceOf(path) ?? '';
        return `${name} leads ${describePath(rule, path)} to Service ${serviceName} and to ${service}; remove the path to ${service}`;
      }),
  );
}

function portProblems({ layout, name, serviceName, servesPort }: Subject): readonly string[] {
  const ports = layout.served
    .flatMap((group) => group.paths.map((path) => ({ rule: group.rule, path })))
    .filter(({ path }) => serviceOf(path) === serviceName)
    .map(({ rule, path }) => ({ place: describePath(rule, path), port: portOf(path) }));
  return ports
    .filter(({ port }) => port === undefined || !servesPort(port))
    .map(
      ({ place, port }) =>
        `${name} leads ${place} to port ${port ?? '(none)'} of Service ${serviceName}, which the Services of this Canary ` +
        'do not all have; set spec.service.port or portName to it, or correct the port in the Ingress',
    );
}

function portOf(path: IngressPath): IntOrString | undefined {
  const port = path.backend.service?.port;
  return port?.name ?? port?.number;
}

function weightProblems({ apex, name }: Subject): readonly string[] {
  const weights = parseWeights(apex.metadata.annotations?.[skipperWeightsAnnotation]);
  return [...weights]
    .filter(([, weight]) => weight < 0)
    .map(([service]) => `${name} has a negative ${skipperWeightsAnnotation} for Service ${service}; make it 0 or more`);
}

/**
 * A path to the app for all hosts and the same path to another Service for one host: at the apex the host decides, but the
 * split gives one of the app's routes the same rank, so Skipper would send it requests for the other Service.
 */
function hostProblems({ layout, name, serviceName }: Subject): readonly string[] {
  const hostless = layout.served.filter((group) => !hasHost(group));
  return shadowedPaths(layout.shadowed.filter(hasHost), hostless).map(
    (caught) =>
      `${name} leads all hosts to Service ${serviceName}, and the split would also catch ${caught}; ` +
      `name the hosts of ${serviceName} in its rule`,
  );
}

/** The same with an omitted path and a regular expression; Skipper's path mode decides, which only Skipper knows. */
function pathModeWarnings({ apex, layout, name }: Subject): readonly string[] {
  if (apex.metadata.annotations?.[pathModeAnnotation] === 'path-prefix') return [];
  const withoutPath = layout.served.filter((group) => group.paths.every((path) => (path.path ?? '') === ''));
  const expressions = layout.shadowed.filter((group) => group.paths.some(isRankedExpression));
  return shadowedPaths(expressions, withoutPath).map(
    (caught) =>
      `${name} names no path to split, so the split would also catch ${caught}, ` +
      'unless Skipper runs with -kubernetes-path-mode=path-prefix; give that path the pathType Prefix',
  );
}

/** What the split of `served` catches of `groups`, in words. */
function shadowedPaths(groups: readonly PathGroup[], served: readonly PathGroup[]): readonly string[] {
  return groups
    .flatMap(({ rule, paths }) => paths.map((path) => ({ rule, path })))
    .filter(({ path }) => served.some((group) => group.paths.some((taken) => shareRequests(path, taken))))
    .map(({ rule, path }) => `${describePath(rule, path)}, which leads to Service ${serviceOf(path) ?? ''}`);
}

function hasHost(group: PathGroup): boolean {
  return (group.rule.host ?? '') !== '';
}

function warningsOf(subject: Subject): readonly string[] {
  return [
    ...classWarnings(subject),
    ...hostWarnings(subject),
    ...pathModeWarnings(subject),
    ...weightWarnings(subject),
  ];
}

function classWarnings({ apex, name }: Subject): readonly string[] {
  const ingressClass = apex.metadata.annotations?.[ingressClassAnnotation] ?? apex.spec.ingressClassName ?? '';
  if (ingressClass === '' || ingressClass.includes(defaultClass)) return [];
  return [
    `${name} has class ${ingressClass}, which only a Skipper with a matching -kubernetes-ingress-class serves; ` +
      'correct the class if that is not so',
  ];
}

function hostWarnings({ apex, layout, name }: Subject): readonly string[] {
  const hosts = [...new Set(layout.served.map((group) => group.rule.host ?? ''))];
  const wildcards = hosts
    .filter((host) => host.includes('*'))
    .map((host) => `${name} has host ${host}, and Skipper does not serve wildcard hosts; name the hosts`);
  if (apex.metadata.annotations?.[skipperRoutesAnnotation] === undefined || !hosts.includes('')) return wildcards;
  const unused = `${name} has ${skipperRoutesAnnotation} on a rule without a host, where Skipper never applies it`;
  return [...wildcards, `${unused}; name the host`];
}

function weightWarnings({ apex, name }: Subject): readonly string[] {
  const weights = apex.metadata.annotations?.[skipperWeightsAnnotation];
  if (weights === undefined || jsonMembers(weights) !== undefined) return [];
  return [`${name} has a ${skipperWeightsAnnotation} that is no JSON object, so Skipper splits equally; correct it`];
}
