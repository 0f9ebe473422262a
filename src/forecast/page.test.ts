// SPDX-License-Identifier: Apache-2.0
/* Everything that docs/simulate.md shows, as it is printed, and every flag and member that it names. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { parseCommandLine } from '../cli/index.js';
import { namedSimulationSettings } from '../config/index.js';
import { Audience, Check, Forecast, Outcome, Question, Refusal, Step, Trouble } from './report.js';
import { runForecast } from './run-forecast.js';

const page = readFileSync('docs/simulate.md', 'utf8');

async function printed(command: string): Promise<{ readonly text: string; readonly exitCode: number }> {
  const [, ...argv] = command.split(' ');
  const invocation = await parseCommandLine(argv, {});
  if (invocation.kind === 'print') return { text: invocation.text, exitCode: invocation.exitCode };
  if (invocation.kind !== 'simulate') throw new Error(`Not simulated: ${command}`);
  const { stdout, stderr, exitCode } = await runForecast(invocation.settings);
  return { text: stdout + stderr, exitCode };
}

describe('docs/simulate.md', () => {
  const examples = [...page.matchAll(/```console\n\$ (flagger simulate .*)\n([^]*?)```/g)];

  it.each(examples.map(([, command = '', output = '']) => [command, output] as const))(
    'shows what is printed by %s',
    async (command, output) => {
      const { text, exitCode } = await printed(command);
      expect(`${text}${exitCode === 0 ? '' : `$ echo $?\n${exitCode}\n`}`).toBe(output);
    },
  );

  it('has examples', () => expect(examples.length).toBeGreaterThanOrEqual(4));

  it.each(namedSimulationSettings.filter(({ group }) => group !== 'Rollouts' && group !== 'Workloads'))(
    'describes -$flag as its help does',
    ({ flag, fallback, help }) => {
      expect(page).toContain(`| \`-${flag}\` | ${fallback === '' ? '' : `\`${fallback}\` `}| ${help} |`);
    },
  );

  const members = [Forecast, Refusal, Step, Check, Outcome, Trouble, ...Audience.options, ...Question.options].flatMap(
    (schema: z.ZodObject) => Object.keys(schema.shape),
  );

  it.each([...new Set(members)])('says what the member %s of the JSON form is', (name) => {
    expect(page).toContain(`\`${name}\``);
  });
});
