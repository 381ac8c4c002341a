// Breaks messages in the ways that mail breaks on its way: the same ones each time, from a seed.

/** Numbers from 0 up to and without 1, always the same for a seed (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const STRAY_LINES = [
  '--',
  '----',
  '',
  ' ',
  '\t',
  ':',
  'x',
  'Content-Type: multipart/mixed; boundary=x',
  '--x',
  '--x--',
];
const HEADER_LINES = [
  'Content-Type: message/rfc822',
  'Content-Type: multipart/digest; boundary="x"',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename*0=a; filename*1="b c"',
  'From: A "B" C <d@e>, f: g@h (i), j;',
  'Subject: \xe4\xf6\xfc "q" \\ =?utf-8?q?x?=',
];

type Break = (lines: string[], at: number, next: () => number) => void;

const BREAKS: readonly Break[] = [
  (lines, at) => lines.splice(at, 1),
  (lines, at) => lines.splice(at, 0, lines[at]!),
  (lines, at, next) => lines.splice(at, 0, STRAY_LINES[Math.trunc(next() * STRAY_LINES.length)]!),
  (lines, at, next) => lines.splice(at, 0, HEADER_LINES[Math.trunc(next() * HEADER_LINES.length)]!),
  (lines, at, next) => lines.splice(at + Math.trunc(next() * (lines.length - at))),
  (lines, at, next) => (lines[at] = lines[at]!.slice(0, Math.trunc(next() * lines[at]!.length))),
  (lines, at, next) => (lines[at] += '"\\(<;,=*%\xff'[Math.trunc(next() * 10)]!),
  (lines, at) => lines.splice(at, 2, lines.slice(at, at + 2).join('')),
  (lines, at, next) => lines.splice(at, 0, lines[Math.trunc(next() * lines.length)]!),
  (lines, at, next) => {
    const delimiters = lines.filter((line) => line.startsWith('--'));
    const delimiter = delimiters[Math.trunc(next() * delimiters.length)] ?? '--x';
    lines.splice(at, 0, next() < 0.3 ? `${delimiter}--` : next() < 0.5 ? delimiter : `${delimiter}y`);
  },
];

/** A message (lines in CRLF) with one to four faults. */
export function breakMessage(message: Buffer, next: () => number): Buffer {
  const lines = message.toString('latin1').split('\r\n');
  for (let count = 1 + Math.trunc(next() * 4); count > 0; count--) {
    // Half of the faults hit the first lines, where the header sections are.
    const range = next() < 0.5 ? Math.min(lines.length, 40) : lines.length;
    if (lines.length > 0) BREAKS[Math.trunc(next() * BREAKS.length)]!(lines, Math.trunc(next() * range), next);
  }
  return Buffer.from(lines.join('\r\n'), 'latin1');
}
