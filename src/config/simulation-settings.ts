// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { InvalidSettings } from './invalid-settings.js';
import { nameSettings, readSettings } from './read-settings.js';
import {
  booleanSetting,
  choiceSetting,
  durationSetting,
  numbersSetting,
  optionalDurationSetting,
  percentSetting,
  textSetting,
} from './setting.js';
import { Settings } from './settings.js';

const input = {
  file: textSetting('', {
    flag: 'f',
    group: 'Input',
    help: 'File with the Canary, and with what else is known of its Deployment, Ingress, autoscaler and MetricTemplates; - reads the standard input. What is missing is made up, and said so.',
  }),
  output: choiceSetting('text', ['text', 'json'], {
    flag: 'o',
    group: 'Input',
    help: 'Form of the output: text or json.',
  }),
};

const newRevision = {
  errorPercent: percentSetting('0%', {
    flag: 'error-rate',
    group: 'New revision',
    help: 'Share of the requests to it that fail.',
  }),
  latencyMs: optionalDurationSetting({
    flag: 'latency',
    group: 'New revision',
    help: 'Time that every request to it takes.',
  }),
  noTraffic: booleanSetting('false', {
    flag: 'no-traffic',
    group: 'New revision',
    help: 'Nobody asks for anything, so that no metric has data.',
  }),
  notReady: booleanSetting('false', {
    flag: 'not-ready',
    group: 'New revision',
    help: 'Its pods start and never become ready.',
  }),
  values: numbersSetting({
    flag: 'metric',
    group: 'New revision',
    help: 'Values of metrics that are not built in, by name: latency=0.8,errors=7. Those that are not named are in their ranges.',
  }),
  failingHook: textSetting('', {
    flag: 'failing-hook',
    group: 'New revision',
    help: 'Name of a webhook that refuses it: a test that fails, a gate that stays closed, a rollback hook that asks for it.',
  }),
};

const aroundIt = {
  gateOpensAfterMs: durationSetting('0s', 0, {
    flag: 'gate-opens-after',
    group: 'Around it',
    help: 'Time from the first question to a gate until it opens.',
  }),
  podsReadyAfterMs: durationSetting('5s', 0, {
    flag: 'pods-ready-after',
    group: 'Around it',
    help: 'Time from the creation of a pod until it is ready.',
  }),
};

const { meshProvider, analysisIntervalFloorMs, settleTimeMs, selectorLabels, enableConfigTracking } = Settings.shape;

/** Every setting of a simulation: the input, the new revision, and those of the operator that change the course of a rollout. */
export const SimulationSettings = z.strictObject({
  ...input,
  ...newRevision,
  ...aroundIt,
  meshProvider,
  analysisIntervalFloorMs,
  settleTimeMs,
  selectorLabels,
  enableConfigTracking,
});
export type SimulationSettings = Readonly<z.infer<typeof SimulationSettings>> & { readonly file: string };

/** All settings in the order of the schema. */
export const namedSimulationSettings = nameSettings(SimulationSettings);

/**
 * The settings of a simulation: flag, else default.
 * @throws InvalidSettings with one line that names the flag, or those that contradict one another
 */
export function loadSimulationSettings(flags: ReadonlyMap<string, string>): SimulationSettings {
  const settings = readSettings(SimulationSettings, namedSimulationSettings, { flags, environment: {} });
  const { file } = settings;
  if (file === undefined)
    throw new InvalidSettings('Flag -f is missing: name a file with a Canary, or - for the standard input', 2);
  const contradiction = contradictionIn(settings);
  if (contradiction !== undefined) throw new InvalidSettings(contradiction, 1);
  return { ...settings, file };
}

function contradictionIn(settings: z.infer<typeof SimulationSettings>): string | undefined {
  const { notReady, noTraffic, errorPercent, latencyMs, values } = settings;
  const answers = [...(errorPercent > 0 ? ['-error-rate'] : []), ...(latencyMs === undefined ? [] : ['-latency'])];
  const measured = [...answers, ...(Object.keys(values).length > 0 ? ['-metric'] : [])];
  if (notReady && (measured.length > 0 || noTraffic)) {
    const others = [...measured, ...(noTraffic ? ['-no-traffic'] : [])].join(', ');
    return `Flags -not-ready and ${others} contradict: a revision whose pods are not ready gets no requests`;
  }
  if (noTraffic && measured.length > 0) {
    return `Flags -no-traffic and ${measured.join(', ')} contradict: without requests there is nothing to measure`;
  }
  return undefined;
}
