// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { ignoredFlags } from './ignored-flags.js';
import { InvalidSettings } from './invalid-settings.js';
import { loadSettings, namedSettings } from './load-settings.js';
import { leaseNamespace } from './settings.js';

const load = (flags: Readonly<Record<string, string>> = {}, environment = {}) =>
  loadSettings(new Map(Object.entries(flags)), environment);

function refusal(flags: Readonly<Record<string, string>>, environment = {}): InvalidSettings {
  try {
    load(flags, environment);
  } catch (error) {
    if (error instanceof InvalidSettings) return error;
    throw error;
  }
  throw new Error('The settings were accepted');
}

describe('loadSettings', () => {
  it('has the defaults of Flagger, except for the provider', () => {
    expect(load()).toEqual({
      kubeconfigQps: 100,
      kubeconfigBurst: 250,
      metricsServer: 'http://prometheus:9090',
      controlLoopIntervalMs: 10_000,
      logLevel: 'debug',
      port: 8080,
      slackUser: 'flagger',
      eventWebhookFormat: 'flagger',
      includeLabelPrefixes: [],
      selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
      enableConfigTracking: true,
      threadiness: 2,
      meshProvider: 'skipper',
      enableLeaderElection: false,
      leaderElectionNamespace: 'kube-system',
      noCrossNamespaceRefs: false,
      zapEncoding: 'json',
      analysisIntervalFloorMs: 10_000,
      settleTimeMs: 5_000,
      ingressIgnoredAnnotationPrefixes: [],
      skipperNamespace: 'kube-system',
      skipperSelector: 'kubernetes.io/service-name=skipper-ingress',
      skipperMetricsPort: 9_911,
      skipperMetricsAddresses: [],
    });
  });

  it.each`
    flag                         | text            | name                         | value
    ${'port'}                    | ${'0'}          | ${'port'}                    | ${0}
    ${'kubeconfig-qps'}          | ${'12.5'}       | ${'kubeconfigQps'}           | ${12.5}
    ${'log-level'}               | ${'warning'}    | ${'logLevel'}                | ${'warn'}
    ${'enable-config-tracking'}  | ${'F'}          | ${'enableConfigTracking'}    | ${false}
    ${'enable-leader-election'}  | ${'1'}          | ${'enableLeaderElection'}    | ${true}
    ${'settle-time'}             | ${'1m30s'}      | ${'settleTimeMs'}            | ${90_000}
    ${'settle-time'}             | ${'0'}          | ${'settleTimeMs'}            | ${0}
    ${'analysis-interval-floor'} | ${'250ms'}      | ${'analysisIntervalFloorMs'} | ${250}
    ${'include-label-prefix'}    | ${'a.io, b.io'} | ${'includeLabelPrefixes'}    | ${['a.io', 'b.io']}
    ${'namespace'}               | ${''}           | ${'namespace'}               | ${undefined}
    ${'metrics-server'}          | ${'skipper'}    | ${'metricsServer'}           | ${'skipper'}
    ${'slack-channel'}           | ${'#releases'}  | ${'slackChannel'}            | ${'#releases'}
  `('reads -$flag=$text as $value', ({ flag, text, name, value }) => {
    expect(load({ [String(flag)]: String(text) })).toHaveProperty(String(name), value);
  });

  it.each`
    flag                         | text            | line
    ${'port'}                    | ${'http'}       | ${'Invalid value "http" for flag -port: expected a whole number from 0 to 65535'}
    ${'port'}                    | ${'70000'}      | ${'Invalid value "70000" for flag -port: expected a whole number from 0 to 65535'}
    ${'threadiness'}             | ${'0'}          | ${'Invalid value "0" for flag -threadiness: expected a whole number from 1 to 1000'}
    ${'kubeconfig-qps'}          | ${'-1'}         | ${'Invalid value "-1" for flag -kubeconfig-qps: expected a number greater than 0'}
    ${'enable-config-tracking'}  | ${'yes'}        | ${'Invalid value "yes" for flag -enable-config-tracking: expected true or false'}
    ${'settle-time'}             | ${'5'}          | ${'Invalid value "5" for flag -settle-time: expected a duration such as 10s or 1m30s, at least 0s'}
    ${'settle-time'}             | ${'-5s'}        | ${'Invalid value "-5s" for flag -settle-time: expected a duration such as 10s or 1m30s, at least 0s'}
    ${'analysis-interval-floor'} | ${'0s'}         | ${'Invalid value "0s" for flag -analysis-interval-floor: expected a duration such as 10s or 1m30s, at least 1ms'}
    ${'mesh-provider'}           | ${'istio'}      | ${'Invalid value "istio" for flag -mesh-provider: expected one of skipper, kubernetes'}
    ${'zap-encoding'}            | ${'xml'}        | ${'Invalid value "xml" for flag -zap-encoding: expected one of json, console'}
    ${'slack-url'}               | ${'hooks/T0/X'} | ${'Invalid value for flag -slack-url: expected an address that starts with http:// or https://'}
  `('refuses -$flag=$text as bad usage', ({ flag, text, line }: Record<string, string>) => {
    const { message, exitCode } = refusal({ [String(flag)]: String(text) });
    expect({ message, exitCode }).toEqual({ message: line, exitCode: 2 });
  });

  it.each<[Readonly<Record<string, string>>, string]>([
    [{ 'metrics-server': '' }, 'Error building prometheus client: prometheus address  is not a valid URL'],
    [
      { 'metrics-server': 'prometheus:9090' },
      'Error building prometheus client: prometheus address prometheus:9090 is not a valid URL',
    ],
    [
      { 'metrics-server': 'ftp://me:secret@prometheus' },
      'Error building prometheus client: prometheus address ftp://prometheus is not a valid URL',
    ],
    [
      { 'skipper-metrics-addresses': 'http://10.0.0.1:9911,10.0.0.2:9911' },
      '-skipper-metrics-addresses must not contain 10.0.0.2:9911: expected addresses such as http://10.0.0.5:9911, without credentials',
    ],
    [
      { 'skipper-metrics-addresses': 'http://me:secret@10.0.0.1:9911' },
      '-skipper-metrics-addresses must not contain http://10.0.0.1:9911: expected addresses such as http://10.0.0.5:9911, without credentials',
    ],
    [
      { 'selector-labels': ' ,' },
      '-selector-labels is empty: name at least one label that tells the pods of a target apart',
    ],
    [
      { 'enable-leader-election': 'true', 'leader-election-namespace': '' },
      '-enable-leader-election needs -leader-election-namespace or -namespace: the Lease must be somewhere',
    ],
  ])('stops the start for %j', (flags, line) => {
    const { message, exitCode } = refusal(flags);
    expect({ message, exitCode }).toEqual({ message: line, exitCode: 1 });
  });

  it.each(['zalando.org/', 'zalando.org/skipper-filter', 'zal'])(
    'never lets the canary route lose its filters and predicates, as the ignored prefix %s would',
    (prefix) => {
      expect(refusal({ 'ingress-ignored-annotation-prefixes': `example.com/,${prefix}` })).toMatchObject({
        exitCode: 1,
        message: expect.stringContaining(`must not contain ${prefix}`),
      });
    },
  );

  it.each`
    variable               | flag                   | name
    ${'SLACK_URL'}         | ${'slack-url'}         | ${'slackUrl'}
    ${'SLACK_TOKEN'}       | ${'slack-token'}       | ${'slackToken'}
    ${'SLACK_PROXY_URL'}   | ${'slack-proxy-url'}   | ${'slackProxyUrl'}
    ${'MSTEAMS_URL'}       | ${'msteams-url'}       | ${'msteamsUrl'}
    ${'MSTEAMS_PROXY_URL'} | ${'msteams-proxy-url'} | ${'msteamsProxyUrl'}
    ${'EVENT_WEBHOOK_URL'} | ${'event-webhook'}     | ${'eventWebhook'}
  `('lets $variable win over -$flag, unless it is empty', ({ variable, flag, name }: Record<string, string>) => {
    const flags = { [String(flag)]: 'http://flag.test' };
    expect(load(flags, { [String(variable)]: 'http://environment.test' })).toHaveProperty(
      String(name),
      'http://environment.test',
    );
    expect(load(flags, { [String(variable)]: '' })).toHaveProperty(String(name), 'http://flag.test');
  });

  it('names the variable, and not its value, when the environment is wrong', () => {
    const { message } = refusal({}, { EVENT_WEBHOOK_URL: 'secret' });
    expect(message).toBe(
      'Invalid value for variable EVENT_WEBHOOK_URL: expected an address that starts with http:// or https://',
    );
  });

  it('uses each flag and each variable once', () => {
    const flags = [...namedSettings, ...ignoredFlags].map(({ flag }) => flag);
    const variables = namedSettings.flatMap(({ env }) => env ?? []);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(variables).size).toBe(variables.length);
  });
});

describe('leaseNamespace', () => {
  it.each<[Readonly<Record<string, string>>, string]>([
    [{}, 'kube-system'],
    [{ 'leader-election-namespace': 'tools' }, 'tools'],
    [{ namespace: 'shop' }, 'shop'],
  ])('with %j is %s', (flags, namespace) => {
    expect(leaseNamespace(load(flags))).toBe(namespace);
  });
});
