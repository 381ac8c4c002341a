// One thread's numbers: plain cells of one typed array, so that counting costs a lookup and an addition. A snapshot is
// the copied array; who has the same table can read it.
import { cellsOf, type MetricTable } from './metric-spec.ts';

type NamesOfKind<T extends MetricTable, K> = {
  [N in keyof T]: T[N]['kind'] extends K ? N : never;
}[keyof T] &
  string;

type LabelOf<T extends MetricTable, N extends keyof T> = T[N] extends {
  readonly label: { readonly values: readonly (infer V)[] };
}
  ? [label: V]
  : [];

interface Place {
  readonly at: number;
  readonly labels: ReadonlyMap<string, number> | null;
  readonly buckets: readonly number[];
}

/** The numbers of the metrics in `table`; all 0 at first. */
export class Counters<T extends MetricTable> {
  readonly #cells: Float64Array;
  readonly #places: Readonly<Record<string, Place>>;
  readonly #samplers: (() => void)[] = [];

  constructor(table: T) {
    const places: Record<string, Place> = {};
    let at = 0;
    for (const [name, spec] of Object.entries(table)) {
      const labels = spec.label === undefined ? null : new Map(spec.label.values.map((value, i) => [value, i]));
      places[name] = { at, labels, buckets: spec.buckets ?? [] };
      at += cellsOf(spec);
    }
    this.#cells = new Float64Array(at);
    this.#places = places;
  }

  /** One more. */
  add<N extends NamesOfKind<T, 'counter' | 'gauge'>>(name: N, ...label: LabelOf<T, N>): void {
    this.#change(this.#index(name, label[0]), 1);
  }

  /** So many more, or fewer when negative (gauges only). */
  addMany<N extends NamesOfKind<T, 'counter' | 'gauge'>>(name: N, count: number, ...label: LabelOf<T, N>): void {
    this.#change(this.#index(name, label[0]), count);
  }

  /** The value of now. */
  set<N extends NamesOfKind<T, 'gauge'>>(name: N, value: number, ...label: LabelOf<T, N>): void {
    this.#cells[this.#index(name, label[0])] = value;
  }

  /** One more value of a histogram. */
  observe(name: NamesOfKind<T, 'histogram'>, value: number): void {
    const { at, buckets } = this.#places[name]!;
    let bucket = 0;
    while (bucket < buckets.length && value > buckets[bucket]!) bucket++;
    this.#change(at + bucket, 1);
    this.#change(at + buckets.length + 1, value);
  }

  /** `sample` is called before each snapshot, to set what is cheaper to look up than to count. */
  onSnapshot(sample: () => void): void {
    this.#samplers.push(sample);
  }

  /** A copy of all numbers of now. */
  snapshot(): Float64Array {
    for (const sample of this.#samplers) sample();
    return this.#cells.slice();
  }

  #change(index: number, by: number): void {
    this.#cells[index] = this.#cells[index]! + by;
  }

  #index(name: string, label: unknown): number {
    const { at, labels } = this.#places[name]!;
    return labels === null ? at : at + (labels.get(label as string) ?? 0);
  }
}
