// SPDX-License-Identifier: Apache-2.0

/* Replaced by texts at build time (hack/build.ts); absent when the sources run unbundled. */
declare const FLAGGER_VERSION: string | undefined;
declare const FLAGGER_REVISION: string | undefined;

/** Version of the release, e.g. "0.1.0". */
export const version = typeof FLAGGER_VERSION === 'string' ? FLAGGER_VERSION : 'dev';

/** Git commit that the build was made from. */
export const revision = typeof FLAGGER_REVISION === 'string' ? FLAGGER_REVISION : 'unknown';
