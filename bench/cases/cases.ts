// All cases, in the order of docs/benchmarks.md.
import type { BenchCase } from './bench-case.ts';
import { FOOTPRINT_CASES } from './footprint.ts';
import { IMAP_FETCH_CASES } from './imap-fetch.ts';
import { IMAP_CHANGE_CASES } from './imap-change.ts';
import { LOCAL_CASES } from './local-delivery.ts';
import { LOGIN_CASES } from './login-storm.ts';
import { MILLION_CASES } from './million.ts';
import { POP3_CASES } from './pop3-retr.ts';
import { QUEUE_ACCEPT_CASES } from './queue-accept.ts';
import { RELAY_CASES } from './relay.ts';

export const CASES: readonly BenchCase[] = [
  ...LOCAL_CASES,
  ...QUEUE_ACCEPT_CASES,
  ...RELAY_CASES,
  ...FOOTPRINT_CASES,
  ...POP3_CASES,
  ...MILLION_CASES,
  ...LOGIN_CASES,
  ...IMAP_FETCH_CASES,
  ...IMAP_CHANGE_CASES,
];
