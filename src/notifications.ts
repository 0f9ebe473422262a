// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { canaryApiVersion, canaryKind } from './api/names.js';
import type { EventFormat, Webhook } from './api/rollout-spec.js';
import type { Settings } from './config/index.js';
import type { AlertNotice, ClusterCache, EventNotice, SecretDataReader } from './controller/index.js';
import {
  createEventWebhookSender,
  eventPayload,
  hookChecksum,
  type HookCaller,
  type HookPayload,
} from './hooks/index.js';
import type { EventNote, EventRecorder } from './kube/index.js';
import { systemClock } from './lib/clock.js';
import type { HttpClient } from './lib/http-client.js';
import type { Logger } from './lib/logger.js';
import { systemRandom } from './lib/random.js';
import { type AlertSource, createAlertSender, type LostAlert } from './notify/index.js';
import type { Metrics } from './observability/index.js';

export interface NotificationsDeps {
  readonly settings: Settings;
  readonly hooks: Pick<HookCaller, 'call'>;
  /** Knows the proxies of the environment. Closed by its owner. */
  readonly http: HttpClient;
  readonly cache: Pick<ClusterCache, 'alertProviders'>;
  readonly secrets: SecretDataReader;
  readonly metrics: Metrics;
  /** For Events about alerts that nobody got. */
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Logger;
}

/** Tells chat rooms and event webhooks, beside everything else. */
export interface Notifications {
  /** Returns at once. */
  readonly sendEvent: (notice: EventNotice) => void;
  /** Returns at once. */
  readonly sendAlert: (notice: AlertNotice) => void;
  /** Gives what waits this long, then gives it up. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

export function createNotifications(deps: NotificationsDeps): Notifications {
  const { settings, hooks, http, cache, secrets, metrics, recorder, log } = deps;
  const events = createEventWebhookSender({
    caller: hooks,
    clock: systemClock,
    log,
    onLost: () => metrics.operator.countLostNotification('event'),
  });
  let isClosing = false;
  const alerts = createAlertSender({
    clock: systemClock,
    random: systemRandom,
    log,
    http,
    global: settings,
    source: alertSource(cache, secrets),
    onLost: (lost) => {
      metrics.operator.countLostNotification('alert');
      // A process that ends writes no more; the next one sends alerts of its own.
      if (!isClosing) recorder.record(lostAlertNote(lost));
    },
  });
  const globalWebhooks = settings.eventWebhook === undefined ? [] : [eventWebhook(settings.eventWebhook)];
  return {
    sendEvent: (notice) => {
      const webhooks = eventWebhooks(notice, globalWebhooks, settings.eventWebhookFormat);
      if (webhooks.length > 0) events.send(webhooks, payloadOf(notice));
    },
    sendAlert: (notice) => alerts.send(notice),
    close: async (timeoutMs) => {
      isClosing = true;
      await Promise.all([events.flush(timeoutMs), alerts.flush(timeoutMs)]);
    },
  };
}

/** Providers as the watch has them; addresses and tokens are looked up when an alert is sent. */
function alertSource(cache: NotificationsDeps['cache'], secrets: SecretDataReader): AlertSource {
  return {
    provider: (key) => cache.alertProviders.store.get(key),
    secret: (key) => secrets.read(key),
  };
}

/** Where people look when the chat is silent. The message holds no secret. */
function lostAlertNote({ canary, message }: LostAlert): EventNote {
  const regarding = { apiVersion: canaryApiVersion, kind: canaryKind, metadata: canary };
  return { regarding, type: 'Warning', message: `Alert was not delivered: ${message}`, episode: '' };
}

/** The webhooks of a Canary take the place of the global one. */
function eventWebhooks(
  { spec }: EventNotice,
  globalWebhooks: readonly Webhook[],
  defaultFormat: EventFormat,
): readonly Webhook[] {
  const own = spec?.analysis.webhooks.filter((webhook) => webhook.type === 'event') ?? [];
  const webhooks = own.length > 0 ? own : globalWebhooks;
  return webhooks.map((webhook) => ({ format: defaultFormat, ...webhook }));
}

function payloadOf({ canary, type, message, phase, revision, atMs }: EventNotice): HookPayload {
  const { name, namespace = '' } = canary.metadata;
  const checksum = hookChecksum(revision);
  return eventPayload({ id: randomUUID(), name, namespace, phase, checksum, message, type, atMs });
}

/** Of the address in the settings of the operator: a receiver that restarts shall miss nothing. */
const globalRetries = 3;

function eventWebhook(url: string): Webhook {
  return {
    name: 'event-webhook',
    type: 'event',
    url,
    timeout: '10s',
    retries: globalRetries,
    disableTLS: false,
    muteAlert: false,
    metadata: {},
  };
}
