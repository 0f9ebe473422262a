// SPDX-License-Identifier: Apache-2.0
/* Writes docs/flags.md from the settings schema. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { renderFlagsPage } from '../src/cli/index.js';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/flags.md', renderFlagsPage());
