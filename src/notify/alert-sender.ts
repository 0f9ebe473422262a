// SPDX-License-Identifier: Apache-2.0
import type { ObjectMeta } from '../api/kubernetes.js';
import type { AlertSeverity } from '../api/rollout-spec.js';
import type { Clock } from '../lib/clock.js';
import type { HttpClient } from '../lib/http-client.js';
import type { Logger } from '../lib/logger.js';
import type { Random } from '../lib/random.js';
import { alertMessage, type AlertMessage } from './alert-message.js';
import type { AlertNotice } from './alert-notice.js';
import { attemptDelivery } from './delivery.js';
import { DeliveryQueue } from './delivery-queue.js';
import { providerDestination, type AlertSource, type Destination } from './destination.js';
import { globalAlerts, type GlobalAlertSettings } from './global-alerts.js';
import { ToldAlerts } from './told-alerts.js';

/** Tells people in chat rooms, beside everything else. */
export interface AlertSender {
  /**
   * Queues the alert for each place that it concerns and returns at once. A place gets the alerts of one Canary in the
   * order of these calls. What the same phase of the same revision has told before is not told again.
   */
  send(notice: AlertNotice): void;
  /** Resolves when all alerts are sent or given up, at the latest after `timeoutMs`; what is left then is lost. */
  flush(timeoutMs: number): Promise<void>;
}

/** An alert that a place will not get. */
export interface LostAlert {
  readonly canary: Pick<ObjectMeta, 'name' | 'namespace' | 'uid'>;
  /** One sentence without secrets, as in the log. */
  readonly message: string;
}

export interface AlertSenderDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** For places without a proxy of their own; knows the proxies of the environment. Closed by its owner, after `flush`. */
  readonly http: HttpClient;
  readonly global: GlobalAlertSettings;
  readonly source: AlertSource;
  /** Told besides the log line. */
  readonly onLost?: (lost: LostAlert) => void;
  /** Alerts that may wait, over all places. Beyond it the oldest is lost. Default 1000. */
  readonly maxWaiting?: number;
}

const severityRank: Readonly<Record<AlertSeverity, number>> = { info: 0, warn: 1, error: 2 };
const defaultMaxWaiting = 1_000;

export function createAlertSender(deps: AlertSenderDeps): AlertSender {
  const { clock, random, log, global, maxWaiting = defaultMaxWaiting } = deps;
  const queue = new DeliveryQueue({ clock, random, maxWaiting });
  const told = new ToldAlerts();
  const everybody = globalAlerts(global, log);
  return {
    send(notice) {
      const destinations = destinationsOf(notice, everybody, deps.source);
      if (destinations.length === 0 || !told.isNews(notice)) return;
      const message = alertMessage(notice, global);
      for (const destination of destinations) enqueue(queue, { notice, message, destination }, deps);
    },
    flush: (timeoutMs) => queue.flush(timeoutMs),
  };
}

/** A Canary's own alerts take the place of the global ones; a provider named twice gets one message. */
function destinationsOf(
  { spec, severity }: AlertNotice,
  everybody: Destination | undefined,
  source: AlertSource,
): readonly Destination[] {
  const { alerts } = spec.analysis;
  if (alerts.length === 0) return everybody === undefined ? [] : [everybody];
  const own = alerts
    .filter((alert) => severityRank[severity] >= severityRank[alert.severity])
    .map(({ providerRef }) => providerDestination(providerRef, source));
  return [...new Map(own.map((destination) => [destination.id, destination])).values()];
}

interface Posting {
  readonly notice: AlertNotice;
  readonly message: AlertMessage;
  readonly destination: Destination;
}

function enqueue(queue: DeliveryQueue, { notice, message, destination }: Posting, deps: AlertSenderDeps): void {
  // Not the notice itself: what waits must not keep whole objects in memory.
  const { namespace = '', name, uid = '' } = notice.canary.metadata;
  const log = deps.log.child({ canary: `${namespace}/${name}`, provider: destination.id, severity: message.severity });
  queue.push({
    lane: `${destination.id} ${namespace}/${name} ${uid}`,
    server: destination.id,
    log,
    attempt: (signal) => attemptDelivery(message, destination, signal, deps),
    onLost: (error) => {
      log.error({ alert: message.text }, error);
      deps.onLost?.({ canary: { name, namespace, uid }, message: error });
    },
    errorFor: (cause) => destination.sendError(cause),
  });
}
