// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { loadLoadTesterSettings } from './load-tester-settings.js';

const load = (flags: Readonly<Record<string, string>> = {}) => loadLoadTesterSettings(new Map(Object.entries(flags)));

describe('loadLoadTesterSettings', () => {
  it("has Flagger's defaults where Flagger has the flag", () => {
    expect(load()).toEqual({
      port: 9090,
      timeoutMs: 3_600_000,
      logLevel: 'debug',
      zapEncoding: 'json',
      maxBackgroundTasks: 100,
      maxBlockingTasks: 20,
      maxQueuedTasks: 100,
      allowedNamespaces: [],
      allowedCommands: [],
      gateConfigMap: 'flagger-loadtester-gates',
      gateReset: false,
    });
  });

  it("takes what Flagger's chart passes", () => {
    const flags = { port: '8080', 'log-level': 'info', timeout: '1h30m', 'namespace-regexp': '' };
    expect(load(flags)).toMatchObject({ port: 8080, logLevel: 'info', timeoutMs: 5_400_000 });
  });

  it.each([
    { flag: 'namespace-regexp', text: '^(team', expected: 'a regular expression' },
    { flag: 'timeout', text: '10', expected: 'a duration such as 10s or 1m30s, at least 1ms' },
    { flag: 'max-background-tasks', text: '0', expected: 'a whole number from 1 to 10000' },
  ])('refuses -$flag=$text', ({ flag, text, expected }) => {
    expect(() => load({ [flag]: text })).toThrow(`Invalid value "${text}" for flag -${flag}: expected ${expected}`);
  });
});
