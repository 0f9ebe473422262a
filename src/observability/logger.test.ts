// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../lib/fake-clock.js';
import { OperatorError } from '../lib/operator-error.js';
import { createLogger, type LoggerOptions, type ProcessLogger } from './logger.js';

class NoBackend extends OperatorError {
  readonly code = 'NO_BACKEND';
  readonly retry = 'never';
}

function aLogger(options: Partial<LoggerOptions> = {}): { readonly log: ProcessLogger; readonly lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return {
    log: createLogger({ level: 'debug', encoding: 'json', clock: new FakeClock(), destination, ...options }),
    lines,
  };
}

const written = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line) as unknown);

describe('createLogger', () => {
  it('writes the line that users pipe through jq .msg', () => {
    const { log, lines } = aLogger();
    log.info({ canary: 'podinfo.test' }, 'Advance podinfo.test canary weight 5');
    expect(lines).toEqual([
      '{"level":"info","ts":"2026-01-01T00:00:00.000Z","canary":"podinfo.test","msg":"Advance podinfo.test canary weight 5"}\n',
    ]);
  });

  it('adds the fields of a child to each of its lines', () => {
    const { log, lines } = aLogger();
    log.child({ canary: 'podinfo.test' }).child({ revision: 'abc' }).warn({ step: 1 }, 'late');
    expect(written(lines)).toEqual([expect.objectContaining({ canary: 'podinfo.test', revision: 'abc', step: 1 })]);
  });

  it.each`
    level      | levels
    ${'debug'} | ${['debug', 'info', 'warn', 'error', 'fatal']}
    ${'info'}  | ${['info', 'warn', 'error', 'fatal']}
    ${'warn'}  | ${['warn', 'error', 'fatal']}
    ${'error'} | ${['error', 'fatal']}
    ${'fatal'} | ${['fatal']}
    ${'panic'} | ${['fatal']}
  `('at level $level writes $levels', ({ level, levels }) => {
    const { log, lines } = aLogger({ level: level as LoggerOptions['level'] });
    for (const method of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log[method]({}, 'x');
    expect(written(lines)).toEqual((levels as string[]).map((name) => expect.objectContaining({ level: name })));
  });

  it('writes errors as their text: ours with the code, others with the stack', () => {
    const { log, lines } = aLogger();
    log.warn({ error: new NoBackend('no backend') }, 'a');
    log.error({ error: new TypeError('x is undefined') }, 'b');
    expect(written(lines)).toEqual([
      { level: 'warn', ts: expect.any(String), error: 'no backend', code: 'NO_BACKEND', msg: 'a' },
      expect.objectContaining({ error: 'x is undefined', stacktrace: expect.stringContaining('logger.test') }),
    ]);
  });

  it('never writes secrets, at the top, in children or in nested fields', () => {
    const { log, lines } = aLogger();
    log.child({ token: 'hidden' }).info(
      {
        request: { headers: { Authorization: 'Bearer hidden' } },
        secret: { metadata: { name: 'podinfo-token' }, data: { token: 'hidden' } },
        item: { object: { secret: { data: { 'tls.key': 'hidden' } }, stringData: { a: 'hidden' } } },
        settings: { password: 'hidden', user: 'me' },
      },
      'x',
    );
    expect(lines.join('')).not.toContain('hidden');
    expect(written(lines)).toEqual([
      expect.objectContaining({
        token: '[redacted]',
        secret: { metadata: { name: 'podinfo-token' }, data: '[redacted]' },
        settings: { password: '[redacted]', user: 'me' },
      }),
    ]);
  });

  it('leaves the logged objects as they are', () => {
    const { log } = aLogger();
    const fields = { settings: { password: 'hidden' } };
    log.info(fields, 'x');
    expect(fields).toEqual({ settings: { password: 'hidden' } });
  });

  it('has a console form with tabs, as zap', () => {
    const { log, lines } = aLogger({ encoding: 'console' });
    log.info({ canary: 'podinfo.test' }, 'Synced test/podinfo');
    log.error({}, 'no fields');
    expect(lines).toEqual([
      '2026-01-01T00:00:00.000Z\tINFO\tSynced test/podinfo\t{"canary":"podinfo.test"}\n',
      '2026-01-01T00:00:00.000Z\tERROR\tno fields\n',
    ]);
  });
});
