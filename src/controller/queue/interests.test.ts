// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { interestIn, Interests } from './interests.js';

const deployment = interestIn('deployments', { namespace: 'test', name: 'podinfo' });
const service = interestIn('services', { namespace: 'test', name: 'podinfo' });

describe('Interests', () => {
  it('tells kinds and namespaces apart', () => {
    expect(deployment).not.toBe(service);
    expect(deployment).not.toBe(interestIn('deployments', { namespace: 'prod', name: 'podinfo' }));
  });

  it('wakes every Canary that looks at an object, and no other', () => {
    const interests = new Interests();
    interests.set('test/a', new Set([deployment, service]));
    interests.set('test/b', new Set([deployment]));
    expect(interests.of(deployment)).toEqual(['test/a', 'test/b']);
    expect(interests.of(service)).toEqual(['test/a']);
    expect(interests.of('deployments/test/other')).toEqual([]);
  });

  it('drops what a Canary no longer looks at', () => {
    const interests = new Interests();
    interests.set('test/a', new Set([deployment]));
    interests.set('test/a', new Set([service]));
    expect(interests.of(deployment)).toEqual([]);
    expect(interests.of(service)).toEqual(['test/a']);
  });

  it('takes objects one by one until the whole is known', () => {
    const interests = new Interests();
    interests.set('test/a', new Set([deployment]));
    interests.add('test/a', service);
    expect(interests.of(deployment)).toEqual(['test/a']);
    expect(interests.of(service)).toEqual(['test/a']);
    interests.set('test/a', new Set([service]));
    expect(interests.of(deployment)).toEqual([]);
  });

  it('forgets a Canary and leaves nothing of it behind', () => {
    const interests = new Interests();
    interests.set('test/a', new Set([deployment]));
    interests.add('test/b', deployment);
    interests.forget('test/a');
    expect(interests.of(deployment)).toEqual(['test/b']);
    interests.forget('test/b');
    expect(interests.of(deployment)).toEqual([]);
  });
});
