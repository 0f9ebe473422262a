// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, StringMap } from '../api/kubernetes.js';
import { primaryName } from '../api/names.js';
import { OperatorError } from '../lib/operator-error.js';
import { withoutFlux } from './metadata.js';

/** The one label that tells the target's pods from the primary's. */
export interface SelectorLabel {
  readonly key: string;
  /** Value on the target's pods; the primary's pods carry `primaryLabelValue`. */
  readonly value: string;
}

/** The target's selector has none of the labels by which its pods could be told from the primary's. */
export class SelectorLabelMissing extends OperatorError {
  readonly code = 'SELECTOR_LABEL_MISSING';
  readonly retry = 'never';

  constructor(target: Deployment | DaemonSet, selectorLabels: readonly string[]) {
    // The stray quote is part of the text that users of DaemonSets know.
    const end = target.kind === 'DaemonSet' ? "'" : '';
    super(
      `${target.kind.toLowerCase()} ${target.metadata.name}.${target.metadata.namespace ?? ''} ` +
        `spec.selector.matchLabels must contain one of [${selectorLabels.join(' ')}]${end}`,
    );
  }
}

/**
 * The first of the configured label names that the target selects its pods by.
 * @throws SelectorLabelMissing when there is none.
 */
export function selectorLabelOf(target: Deployment | DaemonSet, selectorLabels: readonly string[]): SelectorLabel {
  const matchLabels = target.spec.selector.matchLabels ?? {};
  for (const key of selectorLabels) {
    const value = matchLabels[key];
    if (value !== undefined) return { key, value };
  }
  throw new SelectorLabelMissing(target, selectorLabels);
}

/** Value of the selector label on the primary's pods. */
export function primaryLabelValue(label: SelectorLabel): string {
  return primaryName(label.value);
}

/** Labels of the primary, or of its pods, made from those of the target. */
export function primaryLabels(labels: StringMap | undefined, label: SelectorLabel): StringMap {
  return { ...withoutFlux(labels), [label.key]: primaryLabelValue(label) };
}
