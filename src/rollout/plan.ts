// SPDX-License-Identifier: Apache-2.0
import { exhaustive } from '../lib/exhaustive.js';
import { onceNormal } from './announce.js';
import { planAnalysis } from './analysis.js';
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import { keepFinalizer, planDeletion } from './deletion.js';
import { planFinalising } from './finalising.js';
import { planIdle } from './idle.js';
import { planFirstSight, planInitialising } from './initialising.js';
import type { Observation } from './observation.js';
import { planPromotion } from './promotion.js';
import { adoptForeignStatus } from './takeover.js';

/**
 * What to do next for a Canary, given everything known about it. Pure: the same observation gives the same decision,
 * and a decision that was carried out leads to an observation that asks for the next one (level-based).
 */
export function plan(seen: Observation): Decision {
  if (seen.deleting) return planDeletion(seen);
  const finalizer = keepFinalizer(seen);
  if (finalizer !== undefined) return finalizer;
  if (seen.spec.suspend) {
    const suspended = onceNormal('suspended', 'skipping canary run as object is suspended');
    const first = seen.status.phase === '' ? planFirstSight(seen) : decide({ reason: '' });
    return { ...first, announcements: [suspended], reason: 'The Canary is suspended.' };
  }
  return keptSwitchedOn(seen, adoptForeignStatus(seen) ?? planPhase(seen));
}

/**
 * The apex Service of a Service target is the target: while the Canary lives its routes are never switched off, since the apex
 * Ingress would lead to a revision that nobody has analysed. All traffic to the primary is weight 0.
 */
function keptSwitchedOn({ spec }: Observation, decision: Decision): Decision {
  if (spec.target.kind !== 'Service') return decision;
  const actions = decision.actions.map((action) =>
    action.kind === 'setRoutes' && !action.enabled ? { ...action, enabled: true } : action,
  );
  return { ...decision, actions };
}

function planPhase(seen: Observation): Decision {
  const { phase } = seen.status;
  switch (phase) {
    case '':
      return planFirstSight(seen);
    case 'Initializing':
      return planInitialising(seen);
    case 'Initialized':
    case 'Succeeded':
    case 'Failed':
    case 'Waiting':
      return planIdle(seen);
    case 'Progressing':
    case 'WaitingPromotion':
      return planAnalysis(seen);
    case 'Promoting':
      return planPromotion(seen);
    case 'Finalising':
      return planFinalising(seen);
    case 'Terminating':
    case 'Terminated':
      return decide({ reason: 'The Canary is being deleted.' });
    default:
      return exhaustive(phase);
  }
}
