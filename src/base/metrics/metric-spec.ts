// What a metric is, as data: the table of all of them is the source of the counters, the exposition and the page.

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface MetricSpec {
  readonly kind: MetricKind;
  /** One sentence. */
  readonly doc: string;
  /** One label with a closed list of values; a series each. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
  /** Upper bounds of a histogram, ascending; +Inf is added. */
  readonly buckets?: readonly number[];
  /** A series for each thread rather than the sum of all: a label `thread` is added. */
  readonly perThread?: boolean;
}

/** By full name, with unit and `_total` as Prometheus wants them. */
export type MetricTable = Readonly<Record<string, MetricSpec>>;

/** One number of a metric, as it is told. */
export interface MetricSample {
  /** The name, with `_bucket`, `_sum` or `_count` for a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How many numbers a metric takes in a snapshot. A histogram: its buckets, +Inf, sum. */
export function cellsOf(spec: MetricSpec): number {
  if (spec.kind === 'histogram') return (spec.buckets?.length ?? 0) + 2;
  return spec.label?.values.length ?? 1;
}

/** The samples of one metric whose numbers begin at `at` of a snapshot. */
export function samplesOf(name: string, spec: MetricSpec, cells: Float64Array, at: number): MetricSample[] {
  if (spec.kind === 'histogram') return histogramSamples(name, spec.buckets ?? [], cells, at);
  if (spec.label === undefined) return [{ name, labels: {}, value: cells[at] ?? 0 }];
  const { name: label, values } = spec.label;
  return values.map((value, i) => ({ name, labels: { [label]: value }, value: cells[at + i] ?? 0 }));
}

function histogramSamples(name: string, bounds: readonly number[], cells: Float64Array, at: number): MetricSample[] {
  const samples: MetricSample[] = [];
  let count = 0;
  for (let i = 0; i <= bounds.length; i++) {
    count += cells[at + i] ?? 0;
    const bound = bounds[i];
    samples.push({
      name: `${name}_bucket`,
      labels: { le: bound === undefined ? '+Inf' : String(bound) },
      value: count,
    });
  }
  samples.push({ name: `${name}_sum`, labels: {}, value: cells[at + bounds.length + 1] ?? 0 });
  samples.push({ name: `${name}_count`, labels: {}, value: count });
  return samples;
}
