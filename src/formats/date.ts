// Date and time in header fields, RFC 5322 §3.3 and §4.3.

export interface ZonedDate {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly ms: number;
  /** Minutes east of UTC; 0 where the zone is unknown. */
  readonly zoneMinutes: number;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Longer texts are no dates. */
const DATE_MAX_CHARACTERS = 200;
const ZONE_MAX_MINUTES = 99 * 60 + 59;

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `Wed, 07 Oct 2026 09:05:03 +0200`. `ms` must lie in the years 1900 to 9999; `zoneMinutes` east of UTC. */
export function formatDate(ms: number, zoneMinutes = 0): string {
  const local = new Date(ms + zoneMinutes * 60_000);
  const zone = Math.abs(zoneMinutes);
  const day = `${DAYS[local.getUTCDay()]}, ${two(local.getUTCDate())} ${MONTHS[local.getUTCMonth()]}`;
  const time = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  const sign = zoneMinutes < 0 ? '-' : '+';
  return `${day} ${local.getUTCFullYear()} ${time} ${sign}${two(Math.trunc(zone / 60))}${two(zone % 60)}`;
}

const DATE =
  /^(?:[a-z]{3,9}\.?,? )?(\d{1,2})[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{2,4}),? (\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([+-]\d{4})| ([a-z]{1,5}))?/i;
// asctime: `Wed Oct  7 09:05:03 2026`.
const ASCTIME = /^[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d{1,2}):(\d{2}):(\d{2}) (?:([a-z]{1,5}) )?(\d{4})/i;
const ZONE_HOURS: Readonly<Record<string, number>> = {
  EDT: -4,
  EST: -5,
  CDT: -5,
  CST: -6,
  MDT: -6,
  MST: -7,
  PDT: -7,
  PST: -8,
};

/** Comments out, white space to single spaces. */
function plainText(text: string): string {
  let depth = 0;
  let plain = '';
  for (const character of text.slice(0, DATE_MAX_CHARACTERS)) {
    if (character === '(') depth++;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) plain += character;
  }
  return plain.replaceAll(/\s+/g, ' ').replaceAll(/ ?: ?/g, ':').replaceAll(/ ?, ?/g, ', ').trim();
}

function zoneOf(numeric: string | undefined, name: string | undefined): number {
  if (numeric === undefined) return 60 * (ZONE_HOURS[name?.toUpperCase() ?? ''] ?? 0);
  const minutes = Number(numeric.slice(1, 3)) * 60 + Number(numeric.slice(3, 5));
  return Math.min(minutes, ZONE_MAX_MINUTES) * (numeric.startsWith('-') ? -1 : 1) || 0;
}

/** RFC 5322 §4.3: two digits are 1950 … 2049, three count from 1900. */
function yearOf(text: string): number {
  const year = Number(text);
  if (text.length === 2) return year < 50 ? year + 2000 : year + 1900;
  return text.length === 3 ? year + 1900 : year;
}

interface DateParts {
  year: string;
  month: string;
  day: string;
  hours: string;
  minutes: string;
  seconds: string | undefined;
}

function utcOf(parts: DateParts): number | null {
  const month = MONTHS.findIndex((name) => name.toLowerCase() === parts.month.toLowerCase());
  const [day, hours, minutes] = [Number(parts.day), Number(parts.hours), Number(parts.minutes)];
  // A leap second counts as the next one.
  const seconds = Number(parts.seconds ?? '0');
  if (month === -1 || hours > 23 || minutes > 59 || seconds > 60) return null;
  const year = yearOf(parts.year);
  const date = new Date(Date.UTC(year, month, day, hours, minutes, seconds));
  const daysInMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return year < 1900 || day < 1 || day > daysInMonth ? null : date.getTime();
}

/** Reads a date of RFC 5322 §3.3, the obsolete forms, and asctime's; the weekday is not checked. null when it is none. */
export function parseDate(text: string): ZonedDate | null {
  const plain = plainText(text);
  const found = DATE.exec(plain);
  if (found !== null) {
    const [, day, month, year, hours, minutes, seconds, numeric, name] = found;
    const ms = utcOf({ year: year!, month: month!, day: day!, hours: hours!, minutes: minutes!, seconds });
    const zoneMinutes = zoneOf(numeric, name);
    return ms === null ? null : { ms: ms - zoneMinutes * 60_000, zoneMinutes };
  }
  const asctime = ASCTIME.exec(plain);
  if (asctime === null) return null;
  const [, month, day, hours, minutes, seconds, name, year] = asctime;
  const ms = utcOf({ year: year!, month: month!, day: day!, hours: hours!, minutes: minutes!, seconds });
  const zoneMinutes = zoneOf(undefined, name);
  return ms === null ? null : { ms: ms - zoneMinutes * 60_000, zoneMinutes };
}
