// Durations and sizes as people write them: `30s`, `1h30m`, `25MB`, `50MiB`.

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = {
  GiB: 1024 ** 3,
  GB: 1000 ** 3,
  MiB: 1024 ** 2,
  MB: 1000 ** 2,
  KiB: 1024,
  kB: 1000,
  B: 1,
};

/** `1h30m` → milliseconds; null when the text is no duration. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,12}(?:ms|[wdhms]))+$/u.test(text)) return null;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[wdhms])/gu)) {
    total += Number(digits) * (DURATION_UNITS_MS[unit ?? ''] ?? 0);
  }
  return Number.isSafeInteger(total) ? total : null;
}

/** Milliseconds → the shortest text that means the same: `90m`, `5d`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const [unit = 'ms', unitMs = 1] = Object.entries(DURATION_UNITS_MS).find(([, each]) => ms % each === 0) ?? [];
  return `${ms / unitMs}${unit}`;
}

/** `50MiB` → octets; null when the text is no size. */
export function parseSize(text: string): number | null {
  const found = /^(\d{1,12})\s?(B|[kK]i?B|[MG]i?B)$/u.exec(text);
  if (found === null) return null;
  const unit = found[2] === 'KB' ? 'kB' : found[2] === 'kiB' ? 'KiB' : (found[2] ?? '');
  const total = Number(found[1]) * (SIZE_UNITS_BYTES[unit] ?? 0);
  return Number.isSafeInteger(total) ? total : null;
}

/** Octets → the shortest text that means the same. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return '0B';
  const [unit = 'B', unitBytes = 1] = Object.entries(SIZE_UNITS_BYTES).find(([, each]) => bytes % each === 0) ?? [];
  return `${bytes / unitBytes}${unit}`;
}
