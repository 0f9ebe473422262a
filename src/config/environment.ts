// SPDX-License-Identifier: Apache-2.0

/** The environment of this process. Only config/ and the entry point look at it. */
export const processEnvironment: Readonly<Record<string, string | undefined>> = process.env;
