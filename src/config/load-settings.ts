// SPDX-License-Identifier: Apache-2.0
import { InvalidSettings } from './invalid-settings.js';
import { isHttpUrl, settingInfo, type SettingInfo } from './setting.js';
import { Settings } from './settings.js';

/** A setting under the name that the code uses. */
export interface NamedSetting extends SettingInfo {
  readonly name: keyof Settings;
}

/** All settings in the order of the schema. */
export const namedSettings: readonly NamedSetting[] = Settings.keyof().options.map((name) => {
  const info = settingInfo.get(Settings.shape[name]);
  if (info === undefined) throw new Error(`Setting ${name} has no description`);
  return { ...info, name };
});

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of this process: environment variable, else flag, else default.
 * @param flags texts by flag name, without dashes; names that no setting has are not looked at
 * @throws InvalidSettings with one line that names the flag or variable
 */
export function loadSettings(flags: ReadonlyMap<string, string>, environment: Environment): Settings {
  const given = namedSettings.flatMap((setting) => {
    const text = textFromEnvironment(setting, environment) ?? flags.get(setting.flag);
    return text === undefined ? [] : [[setting.name, text] as const];
  });
  const result = Settings.safeParse(Object.fromEntries(given));
  if (!result.success) throw malformed(result.error.issues[0], new Map(given), environment);
  const contradiction = firstContradiction(result.data);
  if (contradiction !== undefined) throw new InvalidSettings(contradiction, 1);
  return result.data;
}

function textFromEnvironment(setting: NamedSetting, environment: Environment): string | undefined {
  const text = setting.env === undefined ? undefined : environment[setting.env];
  return text === '' ? undefined : text;
}

type Issue = Readonly<{ path: readonly PropertyKey[]; message: string }>;

function malformed(
  issue: Issue | undefined,
  given: ReadonlyMap<keyof Settings, string>,
  environment: Environment,
): InvalidSettings {
  const setting = namedSettings.find(({ name }) => name === issue?.path[0]);
  if (issue === undefined || setting === undefined) return new InvalidSettings('Invalid settings', 2);
  const { env } = setting;
  const place = env !== undefined && (environment[env] ?? '') !== '' ? `variable ${env}` : `flag -${setting.flag}`;
  const value = setting.secrecy === undefined ? ` ${JSON.stringify(given.get(setting.name) ?? '')}` : '';
  return new InvalidSettings(`Invalid value${value} for ${place}: ${issue.message}`, 2);
}

/** Settings that are fine one by one and make no sense, or do harm, together. */
function firstContradiction(settings: Settings): string | undefined {
  return (
    withoutPrometheus(settings) ??
    withoutSelectorLabel(settings) ??
    withoutLeaseNamespace(settings) ??
    withoutRouteAnnotations(settings)
  );
}

function withoutPrometheus({ metricsServer = '' }: Settings): string | undefined {
  if (isHttpUrl(metricsServer)) return undefined;
  return `Error building prometheus client: prometheus address ${withoutUser(metricsServer)} is not a valid URL`;
}

function withoutSelectorLabel({ selectorLabels }: Settings): string | undefined {
  if (selectorLabels.length > 0) return undefined;
  return '-selector-labels is empty: name at least one label that tells the pods of a target apart';
}

function withoutLeaseNamespace(settings: Settings): string | undefined {
  const { enableLeaderElection, leaderElectionNamespace, namespace } = settings;
  if (!enableLeaderElection || (leaderElectionNamespace ?? namespace) !== undefined) return undefined;
  return '-enable-leader-election needs -leader-election-namespace or -namespace: the Lease must be somewhere';
}

/** A canary route without the filters and predicates of the apex would drop its authentication and rate limits. */
function withoutRouteAnnotations({ ingressIgnoredAnnotationPrefixes }: Settings): string | undefined {
  const harmful = ingressIgnoredAnnotationPrefixes.find(
    (prefix) => prefix.startsWith('zalando.org/') || 'zalando.org/'.startsWith(prefix),
  );
  if (harmful === undefined) return undefined;
  return `-ingress-ignored-annotation-prefixes must not contain ${harmful}: the canary route needs the filters and predicates of the apex Ingress`;
}

function withoutUser(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//');
}
