// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { nameSettings, readSettings } from './read-settings.js';
import {
  booleanSetting,
  choiceSetting,
  durationSetting,
  listSetting,
  regExpSetting,
  textSetting,
  wholeNumberSetting,
} from './setting.js';

const tasks = {
  timeoutMs: durationSetting('1h', 1, {
    flag: 'timeout',
    group: 'Tasks',
    help: 'Longest life of a task. Then it is ended with everything that it has started.',
  }),
  maxBackgroundTasks: wholeNumberSetting('100', [1, 10_000], {
    flag: 'max-background-tasks',
    group: 'Tasks',
    unit: 'tasks',
    help: 'Tasks of the types cmd and load that run at the same time.',
  }),
  maxBlockingTasks: wholeNumberSetting('20', [1, 10_000], {
    flag: 'max-blocking-tasks',
    group: 'Tasks',
    unit: 'tasks',
    help: 'Tasks of the types bash, helm and kubectl that run at the same time.',
  }),
  maxQueuedTasks: wholeNumberSetting('100', [0, 10_000], {
    flag: 'max-queued-tasks',
    group: 'Tasks',
    unit: 'tasks',
    help: 'Tasks that wait for a place, background and blocking ones each. One more is answered with 429.',
  }),
};

const access = {
  authTokenFile: textSetting('', {
    flag: 'auth-token-file',
    group: 'Access',
    help: 'File of the tokens that calls must bring: one a line, each followed by the namespaces that it is for. Empty lets everybody in.',
  }),
  allowedNamespaces: listSetting('', {
    flag: 'allowed-namespaces',
    group: 'Access',
    help: 'Comma-separated namespaces that calls may be about, whole names in which * stands for any characters. Empty allows all.',
  }),
  namespaceRegExp: regExpSetting('', {
    flag: 'namespace-regexp',
    group: 'Access',
    help: 'Regular expression that the namespace of a call must contain a match of: write ^ and $ around it. Empty allows all.',
  }),
  allowedCommands: listSetting('', {
    flag: 'allowed-commands',
    group: 'Access',
    help: 'Comma-separated programs that tasks may start. Scripts may then only pipe and chain them. Empty allows all.',
  }),
};

const gates = {
  gateConfigMap: textSetting('flagger-loadtester-gates', {
    flag: 'gate-configmap',
    group: 'Gates',
    help: 'ConfigMap that keeps the open gates over a restart. Empty keeps them in memory.',
  }),
  gateReset: booleanSetting('false', {
    flag: 'gate-reset',
    group: 'Gates',
    help: 'Let an opened gate approve one revision only: it closes when another one asks.',
  }),
  namespace: textSetting('', {
    flag: 'namespace',
    group: 'Gates',
    help: 'Namespace of the ConfigMap. Empty means that of the pod.',
  }),
  kubeconfig: textSetting('', {
    flag: 'kubeconfig',
    group: 'Gates',
    help: 'Path to a kubeconfig file. Only needed outside the cluster.',
  }),
};

const loadTesterProcess = {
  port: wholeNumberSetting('9090', [0, 65_535], {
    flag: 'port',
    group: 'Process',
    help: 'Port of the API. 0 takes a free one.',
  }),
  logLevel: choiceSetting('debug', ['debug', 'info', 'warn', 'error', 'fatal', 'panic'], {
    flag: 'log-level',
    aliases: { warning: 'warn' },
    group: 'Process',
    help: 'Least severe log lines that are written: debug, info, warn (or warning), error, fatal or panic.',
  }),
  zapEncoding: choiceSetting('json', ['json', 'console'], {
    flag: 'zap-encoding',
    group: 'Process',
    help: 'Form of the log lines: json or console.',
  }),
};

/** Every setting of the load tester. */
export const LoadTesterSettings = z.strictObject({ ...tasks, ...access, ...gates, ...loadTesterProcess });
export type LoadTesterSettings = Readonly<z.infer<typeof LoadTesterSettings>>;

/** All settings in the order of the schema. */
export const namedLoadTesterSettings = nameSettings(LoadTesterSettings);

/**
 * The settings of the load tester: flag, else default. It reads no environment variables, as Flagger's.
 * @throws InvalidSettings with one line that names the flag
 */
export function loadLoadTesterSettings(flags: ReadonlyMap<string, string>): LoadTesterSettings {
  return readSettings(LoadTesterSettings, namedLoadTesterSettings, { flags, environment: {} });
}
