// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { effectiveSettings } from './effective-settings.js';
import { loadSettings } from './load-settings.js';

const shown = (flags: Readonly<Record<string, string>>) =>
  effectiveSettings(loadSettings(new Map(Object.entries(flags)), {}));

describe('effectiveSettings', () => {
  it('shows values by flag name, durations as a user writes them, and leaves out what is absent', () => {
    expect(shown({ 'settle-time': '1m30s' })).toMatchObject({
      'settle-time': '1m30s',
      port: 8080,
      'selector-labels': ['app', 'name', 'app.kubernetes.io/name'],
      'metrics-server': 'http://prometheus:9090',
    });
    expect(shown({})).not.toHaveProperty('slack-url');
  });

  it('shows that Skipper itself is the metrics server', () => {
    expect(shown({ 'metrics-server': 'skipper' })).toMatchObject({ 'metrics-server': 'skipper' });
  });

  it.each`
    flag                 | text                                            | value
    ${'slack-token'}     | ${'xoxb-secret'}                                | ${'[redacted]'}
    ${'slack-url'}       | ${'https://hooks.slack.com/services/T0/secret'} | ${'https://hooks.slack.com/[redacted]'}
    ${'msteams-url'}     | ${'https://x.office.com/webhook?sig=secret'}    | ${'https://x.office.com/[redacted]'}
    ${'event-webhook'}   | ${'http://me:secret@bus.test/in'}               | ${'http://[redacted]@bus.test/[redacted]'}
    ${'slack-proxy-url'} | ${'http://me:secret@proxy.test:3128'}           | ${'http://[redacted]@proxy.test:3128'}
    ${'metrics-server'}  | ${'https://me:secret@prom.test/prefix'}         | ${'https://[redacted]@prom.test/prefix'}
  `('hides what is secret in -$flag', ({ flag, text, value }: Record<string, string>) => {
    const all = shown({ [String(flag)]: String(text) });
    expect(all[String(flag)]).toBe(value);
    expect(JSON.stringify(all)).not.toContain('secret');
  });
});
