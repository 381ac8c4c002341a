// Short aligned tables and amounts for people. Stored text may come from strangers: it cannot steer the terminal.

/** `text` without control characters and the signs that turn the direction of writing. */
export function plainText(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

/** Columns with two spaces between them, the header in front; `empty` when there are no rows. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  empty: string,
): string {
  if (rows.length === 0) return empty;
  const cells = [header, ...rows].map((row) => row.map((cell) => plainText(String(cell))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumber = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const SIZES: readonly (readonly [string, number])[] = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
];

/** `1.2 MB`: about so many octets. */
export function aboutSize(bytes: number): string {
  const [unit, unitBytes] = SIZES.find(([, each]) => bytes >= each) ?? ['B', 1];
  const value = bytes / unitBytes;
  return `${value < 10 && unitBytes > 1 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}

const TIMES: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** `3 h`, `12 min`: about so long. */
export function aboutTime(ms: number): string {
  const [unit, unitMs] = TIMES.find(([, each]) => ms >= 2 * each) ?? ['s', 1000];
  return `${Math.max(0, Math.round(ms / unitMs))} ${unit}`;
}

/** `1 account`, `2 accounts`. */
export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`;
}
