// SPDX-License-Identifier: Apache-2.0
import type { LabelSelector, PodAffinity, PodAffinityTerm, PodSpec, PodTemplate } from '../api/kubernetes.js';
import { podRevisionAnnotation, primaryName, scaleToZeroNodeSelector } from '../api/names.js';
import { configKey, renameConfigs } from './config-references.js';
import type { ConfigKey } from './config-references.js';
import { entriesWhere, withoutFlux } from './metadata.js';
import { primaryLabels, primaryLabelValue } from './selector-label.js';
import type { SelectorLabel } from './selector-label.js';

/*
 * The primary runs the target's pod template under other names: selector label, configs, and what the template says about its
 * own pods. Here the names are changed, and changed back.
 */

export interface PrimaryNaming {
  readonly targetName: string;
  readonly selectorLabel: SelectorLabel;
  /** Configs of which the primary has a copy under its own name. */
  readonly trackedConfigs: ReadonlySet<ConfigKey>;
}

/** The target's pod template as the primary runs it. `flaggerId` rolls the primary's pods when it changes. */
export function primaryTemplate(template: PodTemplate, naming: PrimaryNaming, flaggerId: string): PodTemplate {
  const { selectorLabel, trackedConfigs } = naming;
  const primaryValue = primaryLabelValue(selectorLabel);
  const renamed = renameConfigs(withoutScaleToZero(template.spec), (kind, name) =>
    trackedConfigs.has(configKey(kind, name)) ? primaryName(name) : name,
  );
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: primaryLabels(template.metadata?.labels, selectorLabel),
      annotations: { ...withoutFlux(template.metadata?.annotations), [podRevisionAnnotation]: flaggerId },
    },
    // The value is matched on the selector label only: another label keeps its value on the primary's pods, so a term about
    // it still finds them (D38).
    spec: mapPodSelectors(renamed, (key, value) =>
      key === selectorLabel.key && value === selectorLabel.value ? primaryValue : value,
    ),
  };
}

/**
 * The target's pod template that a primary was made from, by Flagger or by this program: undoes `primaryTemplate`, up to what
 * `templateHash` ignores. Flagger renames affinity terms by the Deployment's name instead of the label's value, so both are
 * undone, on any label.
 */
export function promotedTemplate(template: PodTemplate, naming: PrimaryNaming): PodTemplate {
  const { selectorLabel, targetName, trackedConfigs } = naming;
  const originals = new Map([
    [primaryName(targetName), targetName],
    [primaryLabelValue(selectorLabel), selectorLabel.value],
  ]);
  const suffix = primaryName('');
  const renamed = renameConfigs(template.spec, (kind, name) => {
    const original = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    return trackedConfigs.has(configKey(kind, original)) ? original : name;
  });
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: { ...template.metadata?.labels, [selectorLabel.key]: selectorLabel.value },
      annotations: withoutPodRevision(template.metadata?.annotations),
    },
    spec: mapPodSelectors(renamed, (_key, value) => originals.get(value) ?? value),
  };
}

/** Annotations without the id that a primary's pods carry. */
export function withoutPodRevision(
  annotations: NonNullable<PodTemplate['metadata']>['annotations'],
): Readonly<Record<string, string>> {
  return entriesWhere(annotations, (key) => key !== podRevisionAnnotation);
}

/** Undoes the scaling to zero of a DaemonSet, which a primary must never inherit (D21). */
function withoutScaleToZero(spec: PodSpec): PodSpec {
  if (spec.nodeSelector?.[scaleToZeroNodeSelector] === undefined) return spec;
  return { ...spec, nodeSelector: entriesWhere(spec.nodeSelector, (key) => key !== scaleToZeroNodeSelector) };
}

type MapValue = (key: string, value: string) => string;

/** Maps the values in every label selector by which a pod specification speaks about pods. */
function mapPodSelectors(spec: PodSpec, mapValue: MapValue): PodSpec {
  const { affinity, topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(affinity !== undefined && {
      affinity: {
        ...affinity,
        ...(affinity.podAffinity !== undefined && { podAffinity: mapAffinity(affinity.podAffinity, mapValue) }),
        ...(affinity.podAntiAffinity !== undefined && {
          podAntiAffinity: mapAffinity(affinity.podAntiAffinity, mapValue),
        }),
      },
    }),
    ...(topologySpreadConstraints !== undefined && {
      topologySpreadConstraints: topologySpreadConstraints.map((constraint) =>
        withMappedSelector(constraint, mapValue),
      ),
    }),
  };
}

function mapAffinity(affinity: PodAffinity, mapValue: MapValue): PodAffinity {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution;
  const mapTerm = (term: PodAffinityTerm): PodAffinityTerm => withMappedSelector(term, mapValue);
  return {
    ...affinity,
    ...(required !== undefined && { requiredDuringSchedulingIgnoredDuringExecution: required.map(mapTerm) }),
    ...(preferred !== undefined && {
      preferredDuringSchedulingIgnoredDuringExecution: preferred.map((weighted) => ({
        ...weighted,
        podAffinityTerm: mapTerm(weighted.podAffinityTerm),
      })),
    }),
  };
}

function withMappedSelector<T extends { readonly labelSelector?: LabelSelector }>(holder: T, mapValue: MapValue): T {
  const { labelSelector } = holder;
  if (labelSelector === undefined) return holder;
  return { ...holder, labelSelector: mapSelector(labelSelector, mapValue) };
}

function mapSelector(selector: LabelSelector, mapValue: MapValue): LabelSelector {
  const { matchLabels, matchExpressions } = selector;
  return {
    ...selector,
    ...(matchLabels !== undefined && {
      matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [key, mapValue(key, value)])),
    }),
    ...(matchExpressions !== undefined && {
      matchExpressions: matchExpressions.map((requirement) => ({
        ...requirement,
        ...(requirement.values !== undefined && {
          values: requirement.values.map((value) => mapValue(requirement.key, value)),
        }),
      })),
    }),
  };
}
