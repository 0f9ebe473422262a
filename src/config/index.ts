// SPDX-License-Identifier: Apache-2.0
/*
 * Settings of the process: one schema from which the command line, its help and docs/flags.md are made.
 * It is the only place that reads the environment; it opens no file and no connection.
 * A value that cannot be used stops the start with one line: InvalidSettings.
 * Main types: Settings (what the rest of the program gets), NamedSetting (what help texts get).
 */
export { effectiveSettings, shownSettings } from './effective-settings.js';
export { processEnvironment, proxySettings } from './environment.js';
export { type IgnoredFlag, ignoredFlags, loadTesterIgnoredFlags } from './ignored-flags.js';
export { InvalidSettings } from './invalid-settings.js';
export { loadSettings, namedSettings } from './load-settings.js';
export { loadLoadTesterSettings, LoadTesterSettings, namedLoadTesterSettings } from './load-tester-settings.js';
export type { NamedSetting } from './read-settings.js';
export { loadTesterGroups, type SettingGroup, settingGroups, simulationGroups } from './setting.js';
export { leaseNamespace, Settings } from './settings.js';
export { loadSimulationSettings, namedSimulationSettings, SimulationSettings } from './simulation-settings.js';
export { revision, version } from './version.js';
