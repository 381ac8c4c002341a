import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, samplesOf, type MetricSpec } from '../../base/metrics/metric-spec.ts';
import { createCounters, watchProcess, watchThread } from './counters.ts';
import { METRICS } from './metric-table.ts';
import { metricsPage } from './metrics-page.ts';

test('names follow the rules of Prometheus', () => {
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    assert.match(name, /^postroad_[a-z_]+$/u);
    assert.equal(name.endsWith('_total'), spec.kind === 'counter', name);
    assert.ok(spec.doc.endsWith('.'), name);
    const buckets = spec.buckets ?? [];
    assert.deepEqual(
      buckets,
      [...buckets].sort((a, b) => a - b),
    );
    assert.equal(spec.kind === 'histogram', buckets.length > 0);
  }
});

test('the page names every metric', () => {
  const page = metricsPage();
  for (const name of Object.keys(METRICS)) assert.ok(page.includes(`| \`${name}\` |`), name);
});

test('a thread and the process tell of themselves', () => {
  const counters = createCounters();
  watchThread(counters);
  watchProcess(counters);
  counters.snapshot();
  const cells = counters.snapshot();
  const values: Record<string, number> = {};
  let at = 0;
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    values[name] = samplesOf(name, spec, cells, at)[0]?.value ?? 0;
    at += cellsOf(spec);
  }
  const cpu = process.cpuUsage();
  assert.ok(values['postroad_thread_memory_bytes']! > 1e6);
  assert.ok(values['postroad_process_memory_bytes']! > 1e6);
  assert.ok(values['postroad_process_start_time_seconds']! > 1.6e9);
  // Told once, however often it is read.
  assert.ok(values['postroad_process_cpu_seconds_total']! <= (cpu.user + cpu.system) / 1e6);
});
