// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { InvalidSettings } from './invalid-settings.js';
import { settingInfo, type SettingInfo } from './setting.js';

/** A setting under the name that the code uses. */
export interface NamedSetting<Name extends PropertyKey = string> extends SettingInfo {
  readonly name: Name;
}

/** All settings of a schema, in its order. */
export function nameSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): readonly NamedSetting<keyof Shape & string>[] {
  return schema.keyof().options.map((name) => {
    const field = schema.shape[name];
    const info = field === undefined ? undefined : settingInfo.get(field);
    if (info === undefined) throw new Error(`Setting ${name} has no description`);
    return { ...info, name };
  });
}

export interface SettingSources {
  /** Texts by flag name, without dashes; names that no setting has are not looked at. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads each setting from its environment variable, else its flag, else its default.
 * @throws InvalidSettings with one line that names the flag or variable
 */
export function readSettings<Values>(
  schema: z.ZodType<Values>,
  settings: readonly NamedSetting[],
  { flags, environment }: SettingSources,
): Values {
  const given = settings.flatMap((setting) => {
    const text = textFromEnvironment(setting, environment) ?? flags.get(setting.flag);
    return text === undefined ? [] : [[setting.name, text] as const];
  });
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const setting = settings.find(({ name }) => name === issue?.path[0]);
  if (issue === undefined || setting === undefined) throw new InvalidSettings('Invalid settings', 2);
  const place =
    textFromEnvironment(setting, environment) === undefined ? `flag -${setting.flag}` : `variable ${setting.env ?? ''}`;
  const value = setting.secrecy === undefined ? ` ${JSON.stringify(new Map(given).get(setting.name) ?? '')}` : '';
  throw new InvalidSettings(`Invalid value${value} for ${place}: ${issue.message}`, 2);
}

/** An empty variable counts as absent. */
function textFromEnvironment({ env }: SettingInfo, environment: SettingSources['environment']): string | undefined {
  const text = env === undefined ? undefined : environment[env];
  return text === '' ? undefined : text;
}
