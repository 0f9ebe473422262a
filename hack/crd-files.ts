// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../src/api/crds.js';

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const header = '# Generated from the schemas in src/api by "npm run generate". Do not edit.\n';

/** The CRD files as they must be in the repository. */
export function crdFiles(): readonly GeneratedFile[] {
  return customResourceDefinitions().map((crd) => ({
    path: `crds/${crd.spec.names.plural}.yaml`,
    text: header + stringify(crd, { lineWidth: 120, aliasDuplicateObjects: false }),
  }));
}
