// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { proxyFor } from './proxy-settings.js';

const proxies = { http: 'http://plain:3128', https: 'http://tls:3128' };

describe('proxyFor', () => {
  it.each`
    url                        | bypass                      | proxy
    ${'http://prom.test'}      | ${''}                       | ${'http://plain:3128'}
    ${'https://prom.test'}     | ${''}                       | ${'http://tls:3128'}
    ${'http://localhost:9090'} | ${''}                       | ${undefined}
    ${'http://127.0.0.1:9090'} | ${''}                       | ${undefined}
    ${'http://[::1]:9090'}     | ${''}                       | ${undefined}
    ${'http://prom.test'}      | ${'*'}                      | ${undefined}
    ${'http://prom.test'}      | ${'a, prom.test'}           | ${undefined}
    ${'http://x.prom.test'}    | ${'prom.test'}              | ${undefined}
    ${'http://xprom.test'}     | ${'prom.test'}              | ${'http://plain:3128'}
    ${'http://prom.ns.svc'}    | ${'.svc'}                   | ${undefined}
    ${'http://prom.ns.svc'}    | ${'*.svc'}                  | ${undefined}
    ${'http://prom.test'}      | ${'*.prom.test'}            | ${'http://plain:3128'}
    ${'http://prom.test:9090'} | ${'prom.test:9090'}         | ${undefined}
    ${'http://prom.test'}      | ${'prom.test:9090'}         | ${'http://plain:3128'}
    ${'https://prom.test'}     | ${'prom.test:443'}          | ${undefined}
    ${'http://10.1.2.3'}       | ${'10.0.0.0/8'}             | ${undefined}
    ${'http://11.1.2.3'}       | ${'10.0.0.0/8'}             | ${'http://plain:3128'}
    ${'http://10.1.2.3'}       | ${'10.0.0.0/99,bad/8,::/0'} | ${'http://plain:3128'}
    ${'http://[fd00::1]'}      | ${'fd00::/8'}               | ${undefined}
    ${'http://[fd00::1]'}      | ${'fd00::1'}                | ${undefined}
  `('reaches $url with NO_PROXY "$bypass" through $proxy', ({ url, bypass, proxy }) => {
    expect(proxyFor(new URL(String(url)), { ...proxies, bypass: String(bypass) })).toBe(proxy);
  });

  it('goes directly when no proxy is set', () => {
    expect(proxyFor(new URL('http://prom.test'), {})).toBeUndefined();
    expect(proxyFor(new URL('http://prom.test'), { http: '' })).toBeUndefined();
  });
});
