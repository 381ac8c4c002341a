import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from './counters.ts';
import { cellsOf, samplesOf, type MetricSample, type MetricTable } from './metric-spec.ts';

const TABLE = {
  taken_total: { kind: 'counter', doc: 'x', label: { name: 'by', values: ['a', 'b'] } },
  given_total: { kind: 'counter', doc: 'x' },
  open: { kind: 'gauge', doc: 'x' },
  seconds: { kind: 'histogram', doc: 'x', buckets: [0.1, 1] },
} as const satisfies MetricTable;

function tell(cells: Float64Array): Record<string, number> {
  const samples: MetricSample[] = [];
  let at = 0;
  for (const [name, spec] of Object.entries(TABLE)) {
    samples.push(...samplesOf(name, spec, cells, at));
    at += cellsOf(spec);
  }
  assert.equal(at, cells.length);
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(' '), value]),
  );
}

test('counters, gauges and histograms keep their numbers apart', () => {
  const counters = new Counters(TABLE);
  counters.add('taken_total', 'b');
  counters.addMany('taken_total', 4, 'a');
  counters.add('given_total');
  counters.set('open', 9);
  counters.addMany('open', -2);
  for (const value of [0.05, 0.1, 0.5, 7]) counters.observe('seconds', value);
  assert.deepEqual(tell(counters.snapshot()), {
    'taken_total a': 4,
    'taken_total b': 1,
    given_total: 1,
    open: 7,
    'seconds_bucket 0.1': 2,
    'seconds_bucket 1': 3,
    'seconds_bucket +Inf': 4,
    seconds_sum: 7.65,
    seconds_count: 4,
  });
});

test('a snapshot is a copy, taken after the samplers', () => {
  const counters = new Counters(TABLE);
  let open = 3;
  counters.onSnapshot(() => counters.set('open', open));
  const first = counters.snapshot();
  open = 5;
  const second = counters.snapshot();
  assert.deepEqual([tell(first)['open'], tell(second)['open']], [3, 5]);
});
