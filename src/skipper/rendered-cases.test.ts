// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { renderedCases } from '../../test/rendered-cases.js';
import { loadSkipperCase } from '../../test/skipper-cases.js';

describe('cases that were observed on a real Skipper', () => {
  it.each(renderedCases)('hold what is rendered today: $name', ({ name, ingresses, requests }) => {
    const { objects, requests: observed } = loadSkipperCase(name);
    // If this fails, run hack/record-skipper-cases.ts and review what a real Skipper makes of the difference.
    expect(JSON.parse(JSON.stringify(objects.ingresses))).toEqual(JSON.parse(JSON.stringify(ingresses)));
    expect(observed).toMatchObject(requests);
  });
});
