// SPDX-License-Identifier: Apache-2.0
import type { RoutedRequest } from '../sandbox/skipper-double/index.js';
import { audiences, type Audience } from './strategy-shape.js';

/** A sort of users whom the routes may treat in a way of their own. */
export type Visitor =
  /** Meets no condition, and has no cookie of ours. */
  | { readonly kind: 'anybody' }
  /** Meets the conditions of an A/B test that asks for this audience, and of no other. */
  | { readonly kind: 'audience'; readonly audience: Audience }
  /** Has a cookie that a canary or a primary once gave. */
  | { readonly kind: 'returning'; readonly met: 'target' | 'primary'; readonly cookie: string };

export const anybody: Visitor = { kind: 'anybody' };

export const audienceVisitors: readonly Visitor[] = audiences.map((audience) => ({ kind: 'audience', audience }));

type Headers = Readonly<Record<string, readonly string[]>>;

/** What an A/B test asks for, and beside it what only looks like it. */
const others: Headers = {
  'x-tenant': ['one'],
  'x-canary': ['insider2'],
  cookie: ['canary=never'],
  'user-agent': ['curl (Mozilla)'],
};

const ofAudience: Readonly<Record<Audience, { readonly target: string; readonly headers: Headers }>> = {
  insiders: { target: '/?beta=no', headers: { 'x-canary': ['insider'] } },
  'cookie holders': { target: '/', headers: { cookie: ['a=b; canary=always'] } },
  'beta testers': { target: '/?beta=yes', headers: { 'user-agent': ['Mozilla/5.0'] } },
};

export function nameOfVisitor(visitor: Visitor): string {
  switch (visitor.kind) {
    case 'anybody':
      return 'anybody';
    case 'audience':
      return visitor.audience;
    case 'returning':
      return `who has ${visitor.cookie}`;
  }
}

/** A request of this visitor to the app. */
export function requestOf(visitor: Visitor): RoutedRequest {
  const request = { method: 'GET', host: 'app.example.com', target: '/', headers: others };
  switch (visitor.kind) {
    case 'anybody':
      return request;
    case 'audience': {
      const { target, headers } = ofAudience[visitor.audience];
      return { ...request, target, headers: { ...others, ...headers } };
    }
    case 'returning':
      return { ...request, headers: { ...others, cookie: [`canary=never; ${visitor.cookie}`] } };
  }
}
