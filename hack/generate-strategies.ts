// SPDX-License-Identifier: Apache-2.0
/* Writes the Ingresses and transcripts of docs/strategies.md, from a rollout of each Canary on that page; a test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pageFile, renderPage } from '../test/stage/strategies-page.js';

writeFileSync(pageFile, await renderPage(readFileSync(pageFile, 'utf8')));
// What watches a cluster in memory never ends by itself.
process.exit(0);
