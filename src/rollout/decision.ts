// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus, Phase } from '../api/canary-status.js';
import type { AlertSeverity } from '../api/rollout-spec.js';
import type { CheckRequest } from './check.js';
import type { Mirroring, Revision, Verdict } from './observation.js';

/** One idempotent write. Doing it twice gives the same cluster. */
export type Action =
  | { readonly kind: 'writeService'; readonly role: 'canary' | 'primary' | 'apex' }
  /** Makes the primary from the observed target; only at initialisation (S3). */
  | { readonly kind: 'createPrimary' }
  /** Makes a missing primary anew from exactly this promoted revision, or fails and changes nothing (R14). */
  | { readonly kind: 'rebuildPrimary'; readonly revision: Revision }
  /** Writes on a primary that Flagger made which revision it is. */
  | { readonly kind: 'annotatePrimary'; readonly revision: Revision }
  /** Makes the primary's config copies what was promoted, from the target's configs, which still are that. */
  | { readonly kind: 'restoreConfigCopies' }
  | { readonly kind: 'writePrimaryAutoscaler' }
  | {
      readonly kind: 'setRoutes';
      readonly canaryWeight: number;
      /** False: switched off by predicate, the apex Ingress serves. */
      readonly enabled: boolean;
      readonly verdict?: Verdict;
      /**
       * Copies of the primary's requests go to the canary, whose answers nobody sees. 'shadow': only the route that takes
       * copies; 'on': that, and the primary's requests are copied, at weight 0; absent: neither. 'shadow' comes with any
       * weight and also switched off: it is how mirroring is left.
       */
      readonly mirror?: Exclude<Mirroring, 'off'>;
      /**
       * For A/B testing: the weight counts for every request, not only for those that match. So a canary stands in for a
       * primary that cannot serve.
       */
      readonly everybody?: true;
    }
  /** Copies configs, template and autoscaler of the observed target to the primary, if it still is this revision. */
  | { readonly kind: 'copyToPrimary'; readonly revision: Revision }
  | { readonly kind: 'scaleTargetUp' }
  | { readonly kind: 'scaleTargetDown' }
  /** Gives the target at least as many pods as the primary has. */
  | { readonly kind: 'restoreTarget' }
  /** Points an apex Service that somebody else made back at the target. */
  | { readonly kind: 'revertApexService' }
  /** Deletes every Ingress of the Canary. */
  | { readonly kind: 'deleteRoutes' }
  | { readonly kind: 'addFinalizer' }
  | { readonly kind: 'removeFinalizer' }
  | { readonly kind: 'disableStaleRoutes' }
  | { readonly kind: 'deleteStaleRoutes' };

/** Something that people are told: an Event with its log line, a log line alone, or an alert. */
export type Announcement =
  | { readonly kind: 'log'; readonly message: string }
  | {
      readonly kind: 'event';
      readonly type: 'Normal' | 'Warning';
      /** Level of the log line. */
      readonly level: 'info' | 'error';
      readonly message: string;
      /** Phase that event webhooks are told; default: the phase before the decision. */
      readonly phase?: Phase;
      /** Said again only when `text` differs from the last one of the topic, or after `everyMs`. */
      readonly repeat?: EventTopic;
    }
  | {
      readonly kind: 'alert';
      readonly severity: AlertSeverity;
      readonly message: string;
      /** Whether target, threshold and routing are added. */
      readonly withMetadata: boolean;
    };

/** What an Event is about that may be said again and again. */
export type EventTopic =
  | { readonly topic: string; readonly text: string; readonly everyMs: number }
  /** Said only when something was said of the topic, which is over with it. */
  | { readonly topic: string; readonly ends: true };

export interface Decision {
  /** In order; the shell stops at the first failure and observes again. */
  readonly actions: readonly Action[];
  /** Written after the actions, once; undefined when nothing changes. */
  readonly status: CanaryStatus | undefined;
  /** Made known after the status. */
  readonly announcements: readonly Announcement[];
  /** The check that shall be running or done; every other one is aborted. */
  readonly check: CheckRequest | undefined;
  /** Whether the decision was made on the observed result of a check: its announcements are among those here. */
  readonly usedCheck: boolean;
  /** A check that follows the status write and that nothing waits for: post-rollout hooks. */
  readonly afterwards: CheckRequest | undefined;
  /** Look again after this time even if nothing wakes the Canary; undefined: only when something changes. */
  readonly wakeAfterMs: number | undefined;
  /** One plain sentence. */
  readonly reason: string;
}

/** A decision of which only the given members are not empty. */
export function decide(parts: Partial<Decision> & Pick<Decision, 'reason'>): Decision {
  return {
    actions: [],
    status: undefined,
    announcements: [],
    check: undefined,
    usedCheck: false,
    afterwards: undefined,
    wakeAfterMs: undefined,
    ...parts,
  };
}

/** One question that a phase asks; undefined when it calls for nothing. */
export type Step<Seen> = (seen: Seen) => Decision | undefined;

/** The decision of the first step that has one, else the last word. */
export function firstDecision<Seen>(
  seen: Seen,
  steps: readonly Step<Seen>[],
  lastWord: (seen: Seen) => Decision,
): Decision {
  for (const step of steps) {
    const decision = step(seen);
    if (decision !== undefined) return decision;
  }
  return lastWord(seen);
}
