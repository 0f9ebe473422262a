// SPDX-License-Identifier: Apache-2.0
/* Writes deploy/*.yaml. Run it after every change of kustomize/ or crds/; a test compares. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { deployFiles } from './deploy-files.js';

mkdirSync('deploy', { recursive: true });
for (const { path, text } of deployFiles()) writeFileSync(path, text);
