// All cases, in the order of docs/benchmarks.md.
import type { BenchCase } from './bench-case.ts';
import { LOCAL_CASES } from './local-delivery.ts';

export const CASES: readonly BenchCase[] = [...LOCAL_CASES];
