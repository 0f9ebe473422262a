// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import type { SimulationSettings } from '../config/index.js';
import { errorText } from '../lib/operator-error.js';
import { createMetrics } from '../observability/index.js';
import { BadManifestError } from './bad-manifest.js';
import { forecast } from './forecast.js';
import { readManifests, type Manifests } from './manifests.js';
import type { Outcome } from './report.js';
import { forecastText, refusalText } from './text.js';

/** What `flagger simulate` prints, and its exit code. */
export interface Printout {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Bad input is 1, bad flags are 2. */
const exitCodes: Readonly<Record<Outcome['result'], number>> = { promoted: 0, rolledBack: 3, unfinished: 4 };

/** Reads the manifests, foretells the rollout and prints it. Never throws for what a user wrote. */
export async function runForecast(settings: SimulationSettings): Promise<Printout> {
  const { file, output, meshProvider, analysisIntervalFloorMs, settleTimeMs, selectorLabels } = settings;
  const { errorPercent, latencyMs, noTraffic, notReady, values, failingHook, enableConfigTracking } = settings;
  const { gateOpensAfterMs, podsReadyAfterMs } = settings;
  try {
    const told = await forecast({
      manifests: read(file),
      metrics: createMetrics(new Registry()),
      flags: { meshProvider, analysisIntervalFloorMs, settleTimeMs, selectorLabels, enableConfigTracking },
      scenario: {
        errorPercent,
        noTraffic,
        notReady,
        values,
        gateOpensAfterMs,
        podsReadyAfterMs,
        ...(latencyMs !== undefined && { latencyMs }),
        ...(failingHook !== undefined && { failingHook }),
      },
    });
    const json = `${JSON.stringify(told, undefined, 2)}\n`;
    if ('problems' in told) {
      return { stdout: output === 'json' ? json : '', stderr: refusalText(told), exitCode: 1 };
    }
    const stdout = output === 'json' ? json : forecastText(told);
    return { stdout, stderr: '', exitCode: exitCodes[told.outcome.result] };
  } catch (error) {
    if (!(error instanceof BadManifestError)) throw error;
    return { stdout: '', stderr: `flagger: ${error.message}\n`, exitCode: 1 };
  }
}

/** @throws BadManifestError */
function read(file: string): Manifests {
  let text: string;
  try {
    text = readFileSync(file === '-' ? process.stdin.fd : file, 'utf8');
  } catch (error) {
    throw new BadManifestError(`The input cannot be read: ${errorText(error)}`);
  }
  return readManifests(text);
}
