// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from '../api/rollout-spec.js';
import { parseStatus } from '../api/status-schema.js';
import { formatDuration } from '../lib/duration.js';
import { formatFloat } from '../lib/go-format.js';
import type { AlertNotice, ImageChange, Measurement } from './alert-notice.js';
import { lineExcerpt } from './excerpt.js';

export interface AlertField {
  readonly name: string;
  readonly value: string;
}

/** Together with the text they stay below 6000 characters, which is all that Discord shows. */
const maxFields = 15;
const maxNameCharacters = 64;
const maxValueCharacters = 256;
/** More tell people nothing. */
const significantDigits = 6;

/** Flagger's fields first and in its order, then ours; what is not known has no field, since an empty one is refused. */
export function alertFields(notice: AlertNotice, clusterName: string | undefined): readonly AlertField[] {
  return [...flaggerFields(notice, clusterName), ...ownFields(notice)]
    .map(({ name, value }) => ({
      name: lineExcerpt(name, maxNameCharacters),
      value: lineExcerpt(value, maxValueCharacters),
    }))
    .filter(({ value }) => value.trim() !== '')
    .slice(0, maxFields);
}

function flaggerFields({ canary, spec, withMetadata }: AlertNotice, clusterName = ''): readonly AlertField[] {
  const { target, analysis, progressDeadlineMs } = spec;
  const limits = [
    { name: 'Failed checks threshold', value: String(analysis.threshold) },
    { name: 'Progress deadline', value: `${formatFloat(progressDeadlineMs / 1_000)}s` },
  ];
  return [
    { name: 'Cluster', value: clusterName },
    { name: 'Target', value: `${target.kind}/${target.name}.${canary.metadata.namespace ?? ''}` },
    ...(withMetadata ? limits : []),
    { name: 'Traffic routing', value: trafficRouting(analysis) },
  ];
}

function trafficRouting({ iterations, match, stepWeight, stepWeights, maxWeight }: AnalysisSpec): string {
  if (iterations > 0) return match.length > 0 ? 'A/B Testing' : 'Blue/Green';
  if (stepWeight > 0) return `Weight step: ${stepWeight} max: ${maxWeight}`;
  return stepWeights.length > 0 ? `Weight steps: ${stepWeights.join(',')} max: ${maxWeight}` : '';
}

function ownFields({ canary, revision, facts = {} }: AlertNotice): readonly AlertField[] {
  const { canaryWeight } = parseStatus(canary.status);
  const { failedChecks = 0, images = [], measurements = [] } = facts;
  return [
    { name: 'Revision', value: revision },
    ...images.map((image) => ({ name: `Image ${image.container}`, value: imageText(image) })),
    { name: 'Weight', value: canaryWeight > 0 ? `${canaryWeight}%` : '' },
    { name: 'Failed checks', value: failedChecks > 0 ? String(failedChecks) : '' },
    ...measurements.map((measured) => ({ name: `Metric ${measured.metric}`, value: measurementText(measured) })),
  ];
}

function imageText({ before = '', after = '' }: ImageChange): string {
  if (before === '' || after === '' || before === after) return after === '' ? before : after;
  return `${before} → ${withoutRepositoryOf(before, after)}`;
}

/** Only the tag when the repository is the same. */
function withoutRepositoryOf(before: string, after: string): string {
  const repository = /^(.*[^/]):[^/]*$/.exec(before)?.[1];
  return repository !== undefined && after.startsWith(`${repository}:`) ? after.slice(repository.length + 1) : after;
}

function measurementText({ value, unit, bound }: Measurement): string {
  const measured = value === undefined ? 'no value' : measuredText(value, unit);
  return bound === '' ? measured : `${measured} (wanted ${bound})`;
}

function measuredText(value: number, unit: Measurement['unit']): string {
  const shown = Number(value.toPrecision(significantDigits));
  switch (unit) {
    case 'percent':
      return `${formatFloat(shown)}%`;
    case 'milliseconds':
      return formatDuration(shown);
    case undefined:
      return formatFloat(shown);
  }
}
