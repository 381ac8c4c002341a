// NOOP and CHECK, RFC 9051 §6.1.2 and RFC 3501 §6.4.1: a chance to hear the news.
import { command, noArguments } from '../command-spec.ts';
import { ok } from '../outcome.ts';

export const NOOP = command({ phase: 'any', parse: noArguments, run: () => ok('Still here'), news: 'all' });

export const CHECK = command({
  phase: 'selected',
  parse: noArguments,
  run: () => ok('Everything is on disk'),
  news: 'all',
});
