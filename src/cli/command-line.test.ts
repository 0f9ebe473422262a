// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  ignoredFlags,
  namedLoadTesterSettings,
  namedSimulationSettings,
  type Settings,
  namedSettings,
} from '../config/index.js';
import { type Invocation, parseCommandLine } from './command-line.js';

const parse = (...argv: readonly string[]): Promise<Invocation> => parseCommandLine(argv, {});

async function settingsOf(...argv: readonly string[]): Promise<Settings> {
  const invocation = await parse(...argv);
  if (invocation.kind === 'run') return invocation.settings;
  throw new Error(`Not run: ${JSON.stringify(invocation)}`);
}

async function refusalOf(...argv: readonly string[]): Promise<{ line: string; exitCode: number; rest: string }> {
  const invocation = await parse(...argv);
  if (invocation.kind !== 'print' || invocation.stream === 'stdout') throw new Error('Accepted');
  const [line = '', ...rest] = invocation.text.split('\n');
  return { line, exitCode: invocation.exitCode, rest: rest.join('\n') };
}

describe('parseCommandLine', () => {
  it.each([
    [['-log-level=info', '-threadiness=7']],
    [['--log-level=info', '--threadiness=7']],
    [['-log-level', 'info', '-threadiness', '7']],
    [['run', '--log-level', 'info', '-threadiness=7']],
    [['-log-level=info', 'run', '-threadiness=7']],
    [['-threadiness=1', '-log-level=info', '-threadiness=7']],
  ])('reads %j', async (argv) => {
    expect(await settingsOf(...argv)).toMatchObject({ logLevel: 'info', threadiness: 7 });
  });

  it.each`
    argv                                                            | value
    ${['-enable-leader-election']}                                  | ${true}
    ${['--enable-leader-election', '-port=1']}                      | ${true}
    ${['-enable-leader-election=true']}                             | ${true}
    ${['-enable-leader-election=T']}                                | ${true}
    ${['-enable-leader-election', '-enable-leader-election=false']} | ${false}
    ${['-enable-leader-election=0']}                                | ${false}
  `('takes $argv as $value', async ({ argv, value }) => {
    expect((await settingsOf(...(argv as string[]))).enableLeaderElection).toBe(value);
  });

  it.each`
    argv                                 | name                      | value
    ${['-metrics-server=http://p/?a=b']} | ${'metricsServer'}        | ${'http://p/?a=b'}
    ${['-slack-channel', '-x']}          | ${'slackChannel'}         | ${'-x'}
    ${['-slack-user=']}                  | ${'slackUser'}            | ${undefined}
    ${['-cluster-name=007']}             | ${'clusterName'}          | ${'007'}
    ${['-cluster-name=true']}            | ${'clusterName'}          | ${'true'}
    ${['-no-cross-namespace-refs']}      | ${'noCrossNamespaceRefs'} | ${true}
  `('keeps the value of $argv as it was written', async ({ argv, name, value }) => {
    expect(await settingsOf(...(argv as string[]))).toHaveProperty(String(name), value);
  });

  it('accepts and ignores the flags of other providers and of klog', async () => {
    const argv = [
      ...['-v=4', '-v', '2', '-logtostderr', '-vmodule', 'a=1', '-stderrthreshold=INFO', '-zap-replace-globals=true'],
      ...[
        '-ingress-annotations-prefix=nginx.ingress.kubernetes.io',
        '-ingress-class',
        'x',
        '-kubeconfig-service-mesh=',
      ],
    ];
    expect(await settingsOf(...argv)).toEqual(await settingsOf());
  });

  it.each`
    argv                                    | line
    ${['-unknown']}                         | ${'flagger: Unknown argument: unknown'}
    ${['--unknown=1']}                      | ${'flagger: Unknown argument: unknown'}
    ${['-Port=1']}                          | ${'flagger: Unknown argument: Port'}
    ${['rum']}                              | ${'flagger: Unknown argument: rum'}
    ${['-port']}                            | ${'flagger: Flag needs an argument: -port'}
    ${['-port', 'http']}                    | ${'flagger: Invalid value "http" for flag -port: expected a whole number from 0 to 65535'}
    ${['-enable-config-tracking', 'false']} | ${'flagger: Flag -enable-config-tracking takes its value after "=": write -enable-config-tracking=false'}
  `('refuses $argv with one line, the usage and exit code 2', async ({ argv, line }) => {
    const refusal = await refusalOf(...(argv as string[]));
    expect(refusal).toMatchObject({ line, exitCode: 2 });
    expect(refusal.rest).toContain('--metrics-server');
  });

  it('refuses contradictory settings with one line and exit code 1', async () => {
    expect(await refusalOf('-selector-labels=')).toEqual({
      line: 'flagger: -selector-labels is empty: name at least one label that tells the pods of a target apart',
      exitCode: 1,
      rest: '',
    });
  });

  it('lets an environment variable win', async () => {
    const invocation = await parseCommandLine(['-event-webhook=http://a'], { EVENT_WEBHOOK_URL: 'http://b' });
    expect(invocation).toMatchObject({ settings: { eventWebhook: 'http://b' } });
  });

  it.each(['-version', '--version', '-version=true'])('prints the version as Flagger does for %s', async (argument) => {
    expect(await parse(argument)).toEqual({
      kind: 'print',
      text: 'Flagger version dev revision  unknown\n',
      stream: 'stdout',
      exitCode: 0,
    });
  });

  it.each(['-h', '-help', '--help'])('lists every setting with its default for %s', async (argument) => {
    const invocation = await parse(argument);
    if (invocation.kind !== 'print') throw new Error('No help');
    expect(invocation).toMatchObject({ stream: 'stdout', exitCode: 0 });
    const words = new Set(invocation.text.split(/\s+/));
    for (const { flag } of namedSettings) expect(words).toContain(`--${flag}`);
    for (const { flag } of ignoredFlags) expect(words).not.toContain(`--${flag}`);
    for (const { fallback } of namedSettings) if (fallback !== '') expect(words).toContain(`${fallback}]`);
  });
});

describe('parseCommandLine for the load tester', () => {
  it.each([
    { argv: ['-port=8080', '-log-level=info', '-timeout=1h', '-namespace-regexp='] },
    { argv: ['--port', '8080', '--log-level', 'info', '-zap-replace-globals', '-zap-encoding=json'] },
  ])('reads $argv', async ({ argv }) => {
    expect(await parse('loadtester', ...argv)).toMatchObject({
      kind: 'loadTester',
      settings: { port: 8080, logLevel: 'info', timeoutMs: 3_600_000 },
    });
  });

  it.each([
    { argv: ['-metrics-server=http://p'], line: 'flagger: Unknown argument: metrics-server' },
    { argv: ['run'], line: 'flagger: Unknown argument: run' },
    { argv: ['-timeout=soon'], line: 'flagger: Invalid value "soon" for flag -timeout: expected a duration' },
  ])('refuses $argv with its own usage', async ({ argv, line }) => {
    const refusal = await refusalOf('loadtester', ...argv);
    expect(refusal.line).toContain(line);
    expect(refusal).toMatchObject({
      exitCode: 2,
      rest: expect.stringContaining('flagger loadtester [flags]') as unknown,
    });
  });

  it('lists every setting', async () => {
    const invocation = await parse('loadtester', '-help');
    if (invocation.kind !== 'print') throw new Error('No help');
    for (const { flag } of namedLoadTesterSettings) expect(invocation.text).toContain(`--${flag}`);
  });
});

describe('parseCommandLine for a simulation', () => {
  it.each([
    { argv: ['-f=c.yaml', '-error-rate=5%', '-latency=800ms', '-o=json', '-metric=a=1,b=0.5'] },
    { argv: ['--f', 'c.yaml', '--error-rate', '5', '--latency', '0.8s', '-o', 'json', '--metric', 'a=1, b = .5'] },
  ])('reads $argv', async ({ argv }) => {
    expect(await parse('simulate', ...argv)).toMatchObject({
      kind: 'simulate',
      settings: { file: 'c.yaml', output: 'json', errorPercent: 5, latencyMs: 800, values: { a: 1, b: 0.5 } },
    });
  });

  it('takes a lone - as the standard input, and a good revision for granted', async () => {
    expect(await parse('simulate', '-f', '-')).toMatchObject({
      settings: { file: '-', output: 'text', errorPercent: 0, latencyMs: undefined, noTraffic: false, notReady: false },
    });
  });

  it.each`
    argv                                   | exitCode | line
    ${[]}                                  | ${2}     | ${'Flag -f is missing: name a file with a Canary, or - for the standard input'}
    ${['-error-rate=150%']}                | ${2}     | ${'Invalid value "150%" for flag -error-rate: expected a share from 0% to 100%, such as 5%'}
    ${['-latency=fast']}                   | ${2}     | ${'Invalid value "fast" for flag -latency: expected a duration such as 800ms or 1m30s'}
    ${['-metric=a']}                       | ${2}     | ${'Invalid value "a" for flag -metric: expected numbers by name, such as latency=0.8'}
    ${['-o=xml']}                          | ${2}     | ${'Invalid value "xml" for flag -o: expected one of text, json'}
    ${['-threadiness=1']}                  | ${2}     | ${'Unknown argument: threadiness'}
    ${['-not-ready', '-error-rate=5%']}    | ${1}     | ${'Flags -not-ready and -error-rate contradict: a revision whose pods are not ready gets no requests'}
    ${['-not-ready', '-no-traffic']}       | ${1}     | ${'Flags -not-ready and -no-traffic contradict: a revision whose pods are not ready gets no requests'}
    ${['-no-traffic', '-latency=1s']}      | ${1}     | ${'Flags -no-traffic and -latency contradict: without requests there is nothing to measure'}
    ${['-no-traffic', '-metric=errors=7']} | ${1}     | ${'Flags -no-traffic and -metric contradict: without requests there is nothing to measure'}
  `('refuses $argv with one line', async ({ argv, exitCode, line }) => {
    const flags = argv as readonly string[];
    const refusal = await refusalOf('simulate', ...(flags.length === 0 ? [] : ['-f=c.yaml', ...flags]));
    expect(refusal).toMatchObject({ exitCode, line: `flagger: ${String(line)}` });
  });

  it('lists every setting and the exit codes', async () => {
    const invocation = await parse('simulate', '-help');
    if (invocation.kind !== 'print') throw new Error('No help');
    for (const { flag } of namedSimulationSettings)
      expect(invocation.text).toMatch(new RegExp(`^ +-{1,2}${flag} `, 'm'));
    expect(invocation.text).toContain('3: rolled back');
  });
});
