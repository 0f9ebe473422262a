// SPDX-License-Identifier: Apache-2.0

interface Owner {
  readonly namespace: string;
  readonly name: string;
}

interface Measured extends Owner {
  readonly target: string;
}

type Labels = Readonly<Record<string, string>>;

/** The part of a prom-client metric that forgets. */
interface Instrument {
  remove(labels: Labels): void;
}

interface Series {
  readonly instrument: Instrument;
  readonly labels: Labels;
}

interface Possession {
  readonly target: string;
  readonly series: Map<Instrument, Map<string, Series>>;
}

/** Remembers which Canary wrote which series, so that they can be removed with it, or when its target changes. */
export class OwnedSeries {
  readonly #byOwner = new Map<string, Possession>();

  /** Notes that the series is the owner's; returns the labels. */
  claim<L extends Labels>(instrument: Instrument, labels: L, owner: Measured): L {
    const { series } = this.#possessionOf(owner);
    const byLabels = series.get(instrument) ?? new Map<string, Series>();
    byLabels.set(Object.values(labels).join('\n'), { instrument, labels });
    series.set(instrument, byLabels);
    return labels;
  }

  /** Removes all series of the owner. */
  release(owner: Owner): void {
    const key = ownerKey(owner);
    for (const byLabels of this.#byOwner.get(key)?.series.values() ?? [])
      for (const { instrument, labels } of byLabels.values()) instrument.remove(labels);
    this.#byOwner.delete(key);
  }

  #possessionOf(owner: Measured): Possession {
    const key = ownerKey(owner);
    const known = this.#byOwner.get(key);
    if (known?.target === owner.target) return known;
    this.release(owner);
    const fresh: Possession = { target: owner.target, series: new Map() };
    this.#byOwner.set(key, fresh);
    return fresh;
  }
}

function ownerKey({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}
