// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from '../api/canary-status.js';
import type { RolloutSpec, SessionAffinity } from '../api/rollout-spec.js';
import { defined } from '../lib/defined.js';
import { sha256Hex } from '../lib/hash.js';
import type { Observation } from './observation.js';
import { strategyOf } from './strategies.js';

/** Cookies that bind users to the variant they met, as the status keeps them. */
export type SessionCookies = Pick<
  CanaryStatus,
  'sessionAffinityCookie' | 'primarySessionAffinityCookie' | 'previousSessionAffinityCookie'
>;

const noCookies = {
  sessionAffinityCookie: undefined,
  primarySessionAffinityCookie: undefined,
  previousSessionAffinityCookie: undefined,
};

/** A status of which the cookies are exactly those given. */
export function withSession(status: CanaryStatus, cookies: SessionCookies): CanaryStatus {
  return defined({ ...status, ...noCookies, ...cookies });
}

/** Values that no rollout had before: a cookie of an earlier one neither binds nor keeps out anybody. */
export function freshSession(seen: Observation, revision: string): SessionCookies {
  const affinity = affinityOf(seen.spec);
  if (affinity === undefined) return endedSession(seen.status);
  const { cookieName, primaryCookieName } = affinity;
  const cookie = (name: string, variant: string): string =>
    `${name}=${sha256Hex([seen.uid, revision, seen.nowMs, variant].join('/')).slice(0, 16)}`;
  return {
    sessionAffinityCookie: cookie(cookieName, 'canary'),
    ...(primaryCookieName === undefined ? {} : { primarySessionAffinityCookie: cookie(primaryCookieName, 'primary') }),
    ...endedSession(seen.status),
  };
}

/** Nobody is bound any more; the cookie of the canary is kept as the one before. */
export function endedSession(status: CanaryStatus): SessionCookies {
  const previous = status.sessionAffinityCookie ?? status.previousSessionAffinityCookie;
  return previous === undefined ? {} : { previousSessionAffinityCookie: previous };
}

/** Whether the cookies are those that the Canary asks for, as far as their names go. */
export function hasSession({ spec, status }: Pick<Observation, 'spec' | 'status'>): boolean {
  const affinity = affinityOf(spec);
  return (
    nameOf(status.sessionAffinityCookie) === affinity?.cookieName &&
    nameOf(status.primarySessionAffinityCookie) === affinity?.primaryCookieName
  );
}

function nameOf(cookie: string | undefined): string | undefined {
  return cookie?.slice(0, cookie.indexOf('='));
}

/** Only where users get shares of the traffic can they meet now one variant and now the other. */
function affinityOf(spec: RolloutSpec): SessionAffinity | undefined {
  return strategyOf(spec).name === 'canary' ? spec.analysis.sessionAffinity : undefined;
}
