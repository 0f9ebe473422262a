// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/index.js';

/** What an operator can be told that changes the course of a rollout. */
export type OperatorFlags = Pick<
  Settings,
  'meshProvider' | 'analysisIntervalFloorMs' | 'settleTimeMs' | 'selectorLabels' | 'enableConfigTracking'
>;
