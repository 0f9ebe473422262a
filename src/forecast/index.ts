// SPDX-License-Identifier: Apache-2.0
/*
 * Foretells a rollout of a user's own Canary: `flagger simulate`. The shipped operator plays it on a cluster in memory in
 * virtual time; this folder sets the scene, writes down what it sees and prints it.
 * Must not know a rule of the rollout: whatever it says was observed. No time, chance or network of the machine takes part.
 * Nothing but main.ts imports it, and only for that command: it is a file of its own in the shipped build.
 * Main types: forecast, Rehearsal (one rollout), Timeline (what is seen of it), Forecast (what `-o json` prints).
 */
export { forecast, type ForecastOptions } from './forecast.js';
export { readManifests, type Manifests } from './manifests.js';
export { Forecast, Refusal } from './report.js';
export { runForecast, type Printout } from './run-forecast.js';
export { goodRevision, type Scenario } from './scenario.js';
export { forecastText, refusalText } from './text.js';
