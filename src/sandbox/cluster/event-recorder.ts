// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import { StatusError, type ApiServer, type ServedObject } from '../api-server/index.js';
import { timeText } from '../api-server/time-text.js';

/** What `kubectl describe` shows of what controllers did. */
export interface EventRecorder {
  readonly record: (about: ServedObject, type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

/** For simulations, where nobody reads Events and each would cost a write. */
export const noEvents: EventRecorder = { record: () => undefined };

interface EventRecorderDeps {
  readonly api: ApiServer;
  readonly clock: Clock;
  /** The controller that speaks. */
  readonly component: string;
}

/** Writes Events beside the objects that they are about. */
export function createEventRecorder({ api, clock, component }: EventRecorderDeps): EventRecorder {
  const resource = api.resource('', 'v1', 'events');
  let events = 0;
  return {
    record: ({ apiVersion, kind, metadata }, type, reason, message) => {
      const { name, namespace = '', uid, resourceVersion } = metadata;
      const now = timeText(clock.nowMs());
      events += 1;
      const id = (clock.nowMs() * 1_000 + (events % 1_000)).toString(16);
      const event = {
        metadata: { name: `${name}.${id}` },
        involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
        type,
        reason,
        message,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component },
        reportingComponent: component,
      };
      try {
        api.create(resource, namespace === '' ? 'default' : namespace, event);
      } catch (error) {
        // In a namespace that ends nothing new can be said.
        if (!(error instanceof StatusError)) throw error;
      }
    },
  };
}
