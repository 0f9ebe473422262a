// SPDX-License-Identifier: Apache-2.0
import { beforeAll } from '@jest/globals';
import { controllerContractCases } from '../../contract/contract-cases.js';
import { adminApiUrl } from '../bench/api.js';
import { installCrds } from '../support/scenario.js';

beforeAll(() => installCrds());

// The same cases that `npm test` runs on the sandbox.
controllerContractCases(() => ({ url: adminApiUrl }));
