// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { raiseRoutes, switchRoutes } from './custom-routes.js';

describe('raiseRoutes', () => {
  it.each<Record<'apexPredicate' | 'text' | 'raised', string>>`
    apexPredicate                | text                                                   | raised
    ${undefined}                 | ${'opt: Method("OPTIONS") -> status(204) -> <shunt>;'} | ${'opt: Weight(200) && Method("OPTIONS") -> status(204) -> <shunt>;'}
    ${undefined}                 | ${'Method("OPTIONS") -> <shunt>'}                      | ${'Weight(200) && Method("OPTIONS") -> <shunt>'}
    ${undefined}                 | ${'all: * -> <shunt>'}                                 | ${'all: Weight(100) && * -> <shunt>'}
    ${'Header("X-Tenant", "a")'} | ${'no: * -> status(403) -> <shunt>'}                   | ${'no: Weight(100) && * -> status(403) -> <shunt>'}
    ${'Header("X-Tenant", "a")'} | ${'no: A() && B() -> <shunt>'}                         | ${'no: Weight(200) && A() && B() -> <shunt>'}
    ${'Weight(50)'}              | ${'a: A() -> <shunt>; b: Weight(60) -> <shunt>'}       | ${'a: Weight(150) && A() -> <shunt>; b: Weight(250) && Weight(60) -> <shunt>'}
    ${undefined}                 | ${'h: Host("x") && Path("/y") -> <shunt>'}             | ${'h: Weight(100) && Host("x") && Path("/y") -> <shunt>'}
    ${undefined}                 | ${'// a: b\nx: A("; y: ") -> <shunt>'}                 | ${'// a: b\nx: Weight(200) && A("; y: ") -> <shunt>'}
    ${undefined}                 | ${'broken('}                                           | ${'broken('}
  `('keeps the order of $text beside $apexPredicate (S6)', (row) => {
    expect(raiseRoutes(row.text, { apexPredicate: row.apexPredicate, enabled: true, partial: false })).toBe(row.raised);
  });

  it('switches each route off with the Ingress, because a raised one would outrank the apex', () => {
    const text = 'a: A() -> <shunt>; b: * -> <shunt>;';
    expect(raiseRoutes(text, { apexPredicate: undefined, enabled: false, partial: false })).toBe(
      'a: False() && Weight(200) && A() -> <shunt>; b: False() && Weight(100) && * -> <shunt>;',
    );
  });
});

describe('switchRoutes', () => {
  const on = 'a: Weight(200) && A() -> <shunt>; b: * -> <shunt>;';
  const off = 'a: False() && Weight(200) && A() -> <shunt>; b: False() && * -> <shunt>;';

  it.each<{ text: string; enabled: boolean; switched: string }>`
    text         | enabled  | switched
    ${on}        | ${true}  | ${on}
    ${on}        | ${false} | ${off}
    ${off}       | ${false} | ${off}
    ${off}       | ${true}  | ${on}
    ${'broken('} | ${false} | ${'broken('}
  `('$text, enabled=$enabled', (row) => {
    expect(switchRoutes(row.text, row.enabled)).toBe(row.switched);
  });
});
