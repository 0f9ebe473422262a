// SPDX-License-Identifier: Apache-2.0
/*
 * The command line: Go-style flags and commands, help and version texts.
 * It decides nothing about the meaning of a setting (config/ does) and starts nothing (main.ts does).
 * Commands other than `run` get a file each.
 * Main type: Invocation, what the command line asks the process to do.
 */
export { type Invocation, parseCommandLine } from './command-line.js';
export { renderFlagsPage } from './flags-page.js';
