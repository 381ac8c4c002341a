// Every metric of the server: what is counted, shown at /metrics and described in docs/reference/metrics.md.
import type { MetricTable } from '../../base/metrics/metric-spec.ts';

export const SERVICES = ['smtp', 'submission', 'submissions', 'lmtp', 'pop3', 'pop3s', 'imap', 'imaps'] as const;
const RECEIVING = ['smtp', 'submission', 'submissions', 'lmtp', 'local'] as const;
const QUANTILES = ['0.5', '0.99', '1'] as const;

/** Whether connections are counted under this name. */
export function isService(name: string): name is ServiceName {
  return (SERVICES as readonly string[]).includes(name);
}

/** Whether messages come in under this name. */
export function isReceiving(name: string): name is (typeof RECEIVING)[number] {
  return (RECEIVING as readonly string[]).includes(name);
}

export const METRICS = {
  postroad_connections_total: {
    kind: 'counter',
    doc: 'Connections accepted, by the service of their listener.',
    label: { name: 'service', values: SERVICES },
  },
  postroad_connections_open: {
    kind: 'gauge',
    doc: 'Connections that are open now, by the service of their listener.',
    label: { name: 'service', values: SERVICES },
  },
  postroad_connections_refused_total: {
    kind: 'counter',
    doc: 'Connections turned away because of a limit.',
    label: { name: 'service', values: SERVICES },
  },
  postroad_messages_received_total: {
    kind: 'counter',
    doc: 'Messages accepted (answered 250 and durable), by where they came in; local: reports and the like.',
    label: { name: 'service', values: RECEIVING },
  },
  postroad_messages_refused_total: {
    kind: 'counter',
    doc: 'Messages refused at the end of DATA, by where they came in.',
    label: { name: 'service', values: RECEIVING },
  },
  postroad_messages_delivered_total: { kind: 'counter', doc: 'Copies put into mailboxes here.' },
  postroad_messages_relayed_total: { kind: 'counter', doc: 'Recipients that another server has taken over.' },
  postroad_messages_deferred_total: {
    kind: 'counter',
    doc: 'Attempts after which recipients wait for another one, by recipient.',
  },
  postroad_messages_bounced_total: {
    kind: 'counter',
    doc: 'Recipients given up: refused for good, expired, or no way to them.',
  },
  postroad_double_bounces_total: {
    kind: 'counter',
    doc: 'Reports that could not be delivered either, and were shown to the postmaster.',
  },
  postroad_sign_in_failures_total: {
    kind: 'counter',
    doc: 'Sign-ins refused, by service.',
    label: { name: 'service', values: SERVICES },
  },
  postroad_queue_waiting: { kind: 'gauge', doc: 'Recipients that wait in the outbound queue.' },
  postroad_wal_bytes: {
    kind: 'gauge',
    doc: "The length of the database's write-ahead log; when it only grows, a reader holds it.",
  },
  postroad_commit_seconds: {
    kind: 'histogram',
    doc: 'How long group commits take, sync included.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  },
  postroad_group_size: {
    kind: 'histogram',
    doc: 'Writes in one group commit.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  postroad_hash_queue_depth: { kind: 'gauge', doc: 'Passwords that wait to be hashed or are being hashed.' },
  postroad_event_loop_delay_seconds: {
    kind: 'gauge',
    doc: "How late a thread's event loop was since the last reading: median, 99 % and worst.",
    label: { name: 'quantile', values: QUANTILES },
    perThread: true,
  },
  postroad_thread_memory_bytes: { kind: 'gauge', doc: "A thread's heap in use.", perThread: true },
  postroad_process_memory_bytes: { kind: 'gauge', doc: 'Resident memory of the process.' },
  postroad_process_cpu_seconds_total: { kind: 'counter', doc: 'Processor time of the process, user and system.' },
  postroad_process_start_time_seconds: { kind: 'gauge', doc: 'When the process started, in seconds since 1970.' },
} as const satisfies MetricTable;

export type PostroadMetrics = typeof METRICS;
export type ServiceName = (typeof SERVICES)[number];
