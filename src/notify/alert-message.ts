// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../api/kubernetes.js';
import type { AlertSeverity } from '../api/rollout-spec.js';
import { parseStatus } from '../api/status-schema.js';
import { alertFields, type AlertField } from './alert-fields.js';
import type { AlertNotice } from './alert-notice.js';
import { excerpt } from './excerpt.js';
import { fillPlaceholders } from './placeholders.js';

/** What people read, before a chat service gives it its form. Small: it may wait in a queue for long. */
export interface AlertMessage {
  /** The Canary: "podinfo.test". */
  readonly title: string;
  readonly text: string;
  readonly severity: AlertSeverity;
  /** In the order in which they are shown. */
  readonly fields: readonly AlertField[];
  readonly link?: string;
  /** For placeholders in texts of users. */
  readonly values: StringMap;
}

export interface MessageSettings {
  readonly clusterName?: string | undefined;
  /** URL with placeholders. */
  readonly alertLink?: string | undefined;
}

/** Causes can be pages of text; the smallest service takes about 2000 characters in one place. */
const maxTextCharacters = 1_000;

export function alertMessage(notice: AlertNotice, settings: MessageSettings): AlertMessage {
  const { name, namespace = '' } = notice.canary.metadata;
  const text = excerpt(notice.message, maxTextCharacters);
  const values = placeholderValues(notice, text, settings);
  return {
    title: `${name}.${namespace}`,
    text,
    severity: notice.severity,
    fields: alertFields(notice, settings.clusterName),
    ...(settings.alertLink === undefined
      ? {}
      : { link: fillPlaceholders(settings.alertLink, values, encodeURIComponent) }),
    values,
  };
}

/** The message with the text that a user has written for it. */
export function withTextTemplate(message: AlertMessage, template: string | undefined): AlertMessage {
  if (template === undefined) return message;
  return { ...message, text: excerpt(fillPlaceholders(template, message.values), maxTextCharacters) };
}

function placeholderValues(notice: AlertNotice, message: string, { clusterName = '' }: MessageSettings): StringMap {
  const { canary, spec, severity, phase, revision } = notice;
  return {
    message,
    severity,
    phase,
    revision,
    cluster: clusterName,
    name: canary.metadata.name,
    namespace: canary.metadata.namespace ?? '',
    kind: spec.target.kind,
    target: spec.target.name,
    service: spec.service.name,
    ingress: spec.ingressName ?? '',
    weight: String(parseStatus(canary.status).canaryWeight),
  };
}
