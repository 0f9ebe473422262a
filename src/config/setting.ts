// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { formatDuration, parseDurationMs } from '../lib/duration.js';
import { compileGoRegExp } from '../lib/go-regexp.js';

/** Headings under which `--help` and docs/flags.md list the settings. */
export const settingGroups = ['Cluster', 'Rollouts', 'Workloads', 'Notifications', 'Process'] as const;
export type SettingGroup = (typeof settingGroups)[number];

/** The same for the load tester. */
export const loadTesterGroups = ['Tasks', 'Access', 'Gates', 'Process'] as const;
type LoadTesterGroup = (typeof loadTesterGroups)[number];

/** The same for simulations of a Canary. */
export const simulationGroups = ['Input', 'New revision', 'Around it', 'Rollouts', 'Workloads'] as const;
type SimulationGroup = (typeof simulationGroups)[number];

/** How much of a value may be shown: nothing, an address without its path, or an address without its credentials. */
export type Secrecy = 'value' | 'urlPath' | 'urlUser';

type SettingType = 'text' | 'url' | 'boolean' | 'number' | 'percent' | 'duration' | 'list' | 'choice';

/** What the author of a setting writes down about it. */
interface SettingFacts {
  /** Name on the command line, without dashes. */
  readonly flag: string;
  /** Environment variable; when it is set and not empty it wins over the flag, as in Flagger. */
  readonly env?: string;
  readonly group: SettingGroup | LoadTesterGroup | SimulationGroup;
  readonly unit?: string;
  /** One sentence or two, shown by `--help`. */
  readonly help: string;
  readonly secrecy?: Secrecy;
}

/** Everything that help texts, documentation and the command line need to know about a setting. */
export interface SettingInfo extends SettingFacts {
  readonly type: SettingType;
  /** The default as a user would type it. */
  readonly fallback: string;
}

/** Connects each field of the settings schema with its description. */
export const settingInfo = z.registry<SettingInfo>();

const goBooleans = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

/** A schema from the text of a flag to a value; `read` answers undefined for a text that is none. */
function parsed<T>(
  expected: string,
  read: (text: string) => T | undefined,
): z.ZodPipe<z.ZodString, z.ZodTransform<T, string>> {
  return z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readNumbers(text: string): Readonly<Record<string, number>> | undefined {
  const entries = splitList(text).map((item): readonly [string, number] => {
    const [, name = '', number = ''] = /^([^=]+)=(.+)$/.exec(item) ?? [];
    return [name.trim(), number.trim() === '' ? Number.NaN : Number(number)];
  });
  return entries.every(([, number]) => Number.isFinite(number)) ? Object.fromEntries(entries) : undefined;
}

/** True for an absolute http or https address with a host. */
export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '';
}

const GoBoolean = parsed('true or false', (text) => goBooleans.get(text));
const List = z.string().transform(splitList);
const OptionalText = z.string().transform((text) => (text === '' ? undefined : text));
const OptionalUrl = OptionalText.refine((text) => text === undefined || isHttpUrl(text), {
  message: 'expected an address that starts with http:// or https://',
});

/* Return types are inferred: each is the zod type that the Settings schema is made of. */
/* eslint-disable @typescript-eslint/explicit-function-return-type -- zod's composed types say nothing that the name does not */

export const booleanSetting = (fallback: 'true' | 'false', facts: SettingFacts) =>
  GoBoolean.prefault(fallback).register(settingInfo, { ...facts, type: 'boolean', fallback });

/** Empty means absent: the value is undefined. */
export const textSetting = (fallback: string, facts: SettingFacts) =>
  OptionalText.prefault(fallback).register(settingInfo, { ...facts, type: 'text', fallback });

/** An http or https address; empty means absent. */
export const urlSetting = (fallback: string, facts: SettingFacts) =>
  OptionalUrl.prefault(fallback).register(settingInfo, { ...facts, type: 'url', fallback });

/** A regular expression in Go's syntax, kept as text; empty means absent. */
export const regExpSetting = (fallback: string, facts: SettingFacts) =>
  OptionalText.refine((text) => text === undefined || compileGoRegExp(text) !== undefined, {
    message: 'expected a regular expression',
  })
    .prefault(fallback)
    .register(settingInfo, { ...facts, type: 'text', fallback });

/** A comma-separated list. */
export const listSetting = (fallback: string, facts: SettingFacts) =>
  List.prefault(fallback).register(settingInfo, { ...facts, type: 'list', fallback });

/** Written as a Go duration ("30s", "1m30s"); the value is in milliseconds. */
export const durationSetting = (fallback: string, leastMs: number, facts: SettingFacts) =>
  parsed(`a duration such as 10s or 1m30s, at least ${formatDuration(leastMs)}`, (text) => {
    const durationMs = parseDurationMs(text);
    return durationMs === undefined || durationMs < leastMs ? undefined : durationMs;
  })
    .prefault(fallback)
    .register(settingInfo, { ...facts, type: 'duration', fallback });

/** A Go duration, at least a millisecond; empty means absent. */
export const optionalDurationSetting = (facts: SettingFacts) =>
  parsed('a duration such as 800ms or 1m30s', (text) => {
    if (text === '') return { ms: undefined };
    const durationMs = parseDurationMs(text);
    return durationMs === undefined || durationMs < 1 ? undefined : { ms: durationMs };
  })
    .transform(({ ms }) => ms)
    .prefault('')
    .register(settingInfo, { ...facts, type: 'duration', fallback: '' });

/** A share such as "5%", from 0 to 100; the sign may be left out. */
export const percentSetting = (fallback: string, facts: SettingFacts) =>
  parsed('a share from 0% to 100%, such as 5%', (text) => {
    const [, digits] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
    const percent = Number(digits ?? Number.NaN);
    return percent <= 100 ? percent : undefined;
  })
    .prefault(fallback)
    .register(settingInfo, { ...facts, type: 'percent', fallback });

/** Comma-separated numbers by name: "errors=7,latency=0.8". */
export const numbersSetting = (facts: SettingFacts) =>
  parsed('numbers by name, such as latency=0.8', readNumbers)
    .prefault('')
    .register(settingInfo, { ...facts, type: 'list', fallback: '' });

/** A whole number within the range, ends included. */
export const wholeNumberSetting = (fallback: string, range: readonly [number, number], facts: SettingFacts) =>
  parsed(`a whole number from ${range[0]} to ${range[1]}`, (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= range[0] && value <= range[1] ? value : undefined;
  })
    .prefault(fallback)
    .register(settingInfo, { ...facts, type: 'number', fallback });

/** A number greater than zero. */
export const positiveNumberSetting = (fallback: string, facts: SettingFacts) =>
  parsed('a number greater than 0', (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return value > 0 ? value : undefined;
  })
    .prefault(fallback)
    .register(settingInfo, { ...facts, type: 'number', fallback });

/** One of the given words; `aliases` maps other accepted spellings to them. */
export const choiceSetting = <const Choice extends string>(
  fallback: NoInfer<Choice>,
  choices: readonly Choice[],
  facts: SettingFacts & { readonly aliases?: Readonly<Record<string, NoInfer<Choice>>> },
) => {
  const { aliases = {}, ...others } = facts;
  const byText = new Map([...choices.map((choice) => [choice as string, choice] as const), ...Object.entries(aliases)]);
  return parsed(`one of ${choices.join(', ')}`, (text) => byText.get(text))
    .prefault(fallback)
    .register(settingInfo, { ...others, type: 'choice', fallback });
};
