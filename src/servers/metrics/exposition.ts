// The snapshots of all threads added up, in the text format of Prometheus.
import { AggregatorRegistry } from 'prom-client';
import type { ThreadSnapshot } from '../../base/metrics/collect.ts';
import { cellsOf, samplesOf, type MetricSpec, type MetricTable } from '../../base/metrics/metric-spec.ts';

/** The Content-Type of the text. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const UP: MetricSpec = { kind: 'gauge', doc: 'Whether a thread answered.' };

/** Text for a scrape. Threads without numbers are told as down. */
export async function formatExposition(table: MetricTable, snapshots: readonly ThreadSnapshot[]): Promise<string> {
  return await AggregatorRegistry.aggregate(snapshots.map((snapshot) => metricsOf(table, snapshot))).metrics();
}

/** One thread's metrics as prom-client adds them up. */
function metricsOf(table: MetricTable, { thread, cells }: ThreadSnapshot): object[] {
  const up = { metricName: 'postroad_thread_up', labels: { thread }, value: cells === null ? 0 : 1 };
  const metrics = [describe('postroad_thread_up', UP, [up])];
  if (cells === null) return metrics;
  let at = 0;
  for (const [name, spec] of Object.entries(table)) {
    const own = spec.perThread === true ? { thread } : {};
    const values = samplesOf(name, spec, cells, at).map((sample) => ({
      metricName: sample.name,
      labels: { ...sample.labels, ...own },
      value: sample.value,
    }));
    metrics.push(describe(name, spec, values));
    at += cellsOf(spec);
  }
  return metrics;
}

function describe(name: string, { kind, doc }: MetricSpec, values: readonly object[]): object {
  return { name, help: doc, type: kind, aggregator: 'sum', values };
}
