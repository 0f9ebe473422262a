// SPDX-License-Identifier: Apache-2.0
import type { Phase } from '../api/canary-status.js';
import type { AlertSeverity } from '../api/rollout-spec.js';
import type { Announcement } from './decision.js';
import type { Observation } from './observation.js';

/** A Normal event. */
export function normal(message: string, phase?: Phase): Announcement {
  return { kind: 'event', type: 'Normal', level: 'info', message, ...(phase === undefined ? {} : { phase }) };
}

/** A line of the log, and nothing else. */
export function logged(message: string): Announcement {
  return { kind: 'log', message };
}

/** A Warning event. */
export function warning(message: string, phase?: Phase): Announcement {
  return { kind: 'event', type: 'Warning', level: 'info', message, ...(phase === undefined ? {} : { phase }) };
}

/** A Warning that is said again only when its kind changes, else at most once per interval (R21). */
export function repeatedWarning(seen: Observation, topic: string, kind: string, message: string): Announcement {
  const everyMs = seen.spec.analysis.intervalMs;
  return { kind: 'event', type: 'Warning', level: 'info', message, repeat: { topic, text: kind, everyMs } };
}

/** A Normal event that is said once, until another text of the topic is said. */
export function onceNormal(topic: string, message: string): Announcement {
  const repeat = { topic, text: message, everyMs: Number.POSITIVE_INFINITY };
  return { kind: 'event', type: 'Normal', level: 'info', message, repeat };
}

export function alert(severity: AlertSeverity, message: string, withMetadata = false): Announcement {
  return { kind: 'alert', severity, message, withMetadata };
}

/** "podinfo.test": the Canary as messages name it. */
export function canaryTitle(seen: Observation): string {
  return `${seen.name}.${seen.namespace}`;
}

/** "podinfo.test": the target as messages name it. */
export function targetTitle(seen: Observation): string {
  return `${seen.spec.target.name}.${seen.namespace}`;
}

/** "podinfo-primary.test". */
export function primaryTitle(seen: Observation): string {
  return `${seen.spec.target.name}-primary.${seen.namespace}`;
}
