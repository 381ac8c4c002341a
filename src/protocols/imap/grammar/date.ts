// date and date-time of RFC 9051 §9.
import type { InternalDate } from '../server/session.ts';
import type { CommandCursor } from './cursor.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DATE = /("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1/uy;
const DATE_TIME =
  /"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"/uy;
const DAY_MS = 86_400_000;

/** date: days since 1970-01-01. Throws SyntaxFault. */
export function parseDay(cursor: CommandCursor): number {
  const at = cursor.position;
  const found = cursor.match(DATE);
  const ms = found === null ? null : utc(found[4]!, found[3]!, found[2]!);
  if (ms !== null) return ms / DAY_MS;
  cursor.position = at;
  throw cursor.fault('a date');
}

/** date-time. Throws SyntaxFault. */
export function parseDateTime(cursor: CommandCursor): InternalDate {
  const at = cursor.position;
  const found = cursor.match(DATE_TIME);
  if (found !== null) {
    const [, day, month, year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = found;
    const midnight = utc(year!, month!, day!.trim());
    const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
    if (
      midnight !== null &&
      Number(hours) < 24 &&
      Number(minutes) < 60 &&
      Number(seconds) <= 60 &&
      Number(zoneMinutes) < 60 &&
      Number(zoneHours) < 24
    ) {
      const ofDay = (Number(hours) * 3_600 + Number(minutes) * 60 + Math.min(59, Number(seconds))) * 1_000;
      return { atMs: midnight + ofDay - zone * 60_000, zoneMinutes: zone };
    }
  }
  cursor.position = at;
  throw cursor.fault('a date with time and zone');
}

/** Midnight of a day that exists; null when it does not. */
function utc(year: string, month: string, day: string): number | null {
  const m = MONTHS.indexOf(month.toLowerCase());
  const date = new Date(0);
  date.setUTCFullYear(Number(year), m, Number(day));
  return m >= 0 && date.getUTCDate() === Number(day) && date.getUTCMonth() === m ? date.getTime() : null;
}

/** date-time with its quotes. */
export function formatDateTime(atMs: number, zoneMinutes: number): string {
  const date = new Date(atMs + zoneMinutes * 60_000);
  const zone = Math.abs(zoneMinutes);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = `${String(date.getUTCDate()).padStart(2, ' ')}-${MONTH_NAMES[date.getUTCMonth()]}-${String(date.getUTCFullYear()).padStart(4, '0')}`;
  return `"${day} ${time} ${zoneMinutes < 0 ? '-' : '+'}${two(Math.trunc(zone / 60))}${two(zone % 60)}"`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}
