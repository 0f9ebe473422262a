// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from '../api/names.js';
import { formatDuration } from '../lib/duration.js';
import { namedSettings } from './load-settings.js';
import type { NamedSetting } from './read-settings.js';
import type { Settings } from './settings.js';

type Shown = string | number | boolean | readonly string[];

/** Placed where a secret was. */
const redacted = '[redacted]';

/** The operator's settings in effect, fit for a log line. */
export function effectiveSettings(values: Settings): Readonly<Record<string, Shown>> {
  return shownSettings(namedSettings, values);
}

/** Settings in effect by flag name, fit for a log line: absent ones left out, secrets and credentials redacted. */
export function shownSettings<Name extends string>(
  settings: readonly NamedSetting<Name>[],
  values: Readonly<Record<Name, Shown | undefined>>,
): Readonly<Record<string, Shown>> {
  return Object.fromEntries(
    settings.flatMap((setting) => {
      const value = values[setting.name];
      return value === undefined ? [] : [[setting.flag, shown(setting, value)] as const];
    }),
  );
}

function shown({ type, secrecy }: NamedSetting, value: Shown): Shown {
  if (typeof value === 'number' && type === 'duration') return formatDuration(value);
  if (secrecy === undefined || value === skipperMetricsServer) return value;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return secrecy === 'value' || url === null ? redacted : shownUrl(url, secrecy);
}

function shownUrl({ protocol, username, password, host, pathname }: URL, secrecy: 'urlPath' | 'urlUser'): string {
  const user = username === '' && password === '' ? '' : `${redacted}@`;
  const path = secrecy === 'urlPath' ? `/${redacted}` : pathname.replace(/^\/$/, '');
  return `${protocol}//${user}${host}${path}`;
}
