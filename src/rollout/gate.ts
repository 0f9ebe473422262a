// SPDX-License-Identifier: Apache-2.0
import { alert, canaryTitle, warning } from './announce.js';
import type { CheckOutcome, Gate } from './check.js';
import type { Announcement } from './decision.js';
import type { Observation } from './observation.js';

const closedGateTexts = {
  'confirm-rollout': { event: 'approval', alert: 'Canary is waiting for approval.' },
  'confirm-traffic-increase': {
    event: 'traffic increase approval',
    alert: 'Canary traffic increase is waiting for approval.',
  },
  'confirm-promotion': { event: 'promotion approval', alert: 'Canary promotion is waiting for approval.' },
} as const satisfies Record<Gate, unknown>;

/** What people are told when a gate is found closed; said once, not at every attempt (D43). */
export function gateClosedAnnouncements(seen: Observation, gate: ClosedGate): readonly Announcement[] {
  const texts = closedGateTexts[gate.gate];
  const event = warning(`Halt ${canaryTitle(seen)} advancement waiting for ${texts.event} ${gate.hook}`);
  return gate.muteAlert ? [event] : [event, alert('warn', texts.alert)];
}

export type ClosedGate = Extract<CheckOutcome, { kind: 'gateClosed' }>;
