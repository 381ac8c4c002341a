// The file of an account import: comma-separated values (RFC 4180) with address, password and optionally a name.
// A first line of column names is recognized; the order is theirs then. Linear in the input.

import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';

/** One account as the file has it. */
export interface ImportRow {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly address: string;
  /** Plain, or a ready hash; '' is none. */
  readonly password: string;
  readonly name: string;
}

export interface ImportFault {
  readonly line: number;
  readonly message: string;
}

export interface ParsedImport {
  readonly rows: readonly ImportRow[];
  readonly faults: readonly ImportFault[];
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
  /** A quote that never ends, or text behind one. */
  readonly broken: boolean;
}

const COLUMNS = ['address', 'password', 'name'] as const;
type Column = (typeof COLUMNS)[number];
const FIELD = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
const LINE_END = /\r\n|\r|\n/y;
const REST_OF_LINE = /[^\r\n]*/y;

/** Reads the whole file; never throws. Empty lines and lines that begin with # are skipped. */
export function parseAccountCsv(text: string): ParsedImport {
  const faults: ImportFault[] = [];
  const rows: ImportRow[] = [];
  let columns: readonly (Column | null)[] = COLUMNS;
  let isFirst = true;
  for (const { line, fields, broken } of records(text.startsWith('\ufeff') ? text.slice(1) : text)) {
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    if (fields[0]?.startsWith('#') === true) continue;
    const header = isFirst ? readHeader(fields) : null;
    isFirst = false;
    if (header !== null) {
      columns = header;
      continue;
    }
    const fault = broken ? 'a quote is not closed' : fields.length > columns.length ? tooMany(fields, columns) : null;
    if (fault !== null) {
      faults.push({ line, message: fault });
      continue;
    }
    const valueOf = (column: Column): string => fields[columns.indexOf(column)] ?? '';
    rows.push({
      line,
      address: valueOf('address').trim(),
      password: valueOf('password'),
      name: valueOf('name').trim(),
    });
  }
  return { rows, faults };
}

function tooMany(fields: readonly string[], columns: readonly unknown[]): string {
  return `${fields.length} fields, but there are ${columns.length} columns; put values with commas into quotes`;
}

/** The columns when the line names them; null when it is an account already. */
function readHeader(fields: readonly string[]): (Column | null)[] | null {
  const names = fields.map((field) => field.trim().toLowerCase());
  if (!names.some((name) => name === 'address' || name === 'email')) return null;
  return names.map((name) => COLUMNS.find((column) => column === (name === 'email' ? 'address' : name)) ?? null);
}

function* records(text: string): Generator<CsvRecord> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    let broken = false;
    for (;;) {
      FIELD.lastIndex = at;
      const [whole = '', quoted, plain = ''] = FIELD.exec(text) ?? [];
      at += whole.length;
      for (const sign of quoted?.matchAll(/\r\n|\r|\n/g) ?? []) line += sign.length;
      fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      if (text[at] === ',') {
        at++;
        continue;
      }
      LINE_END.lastIndex = at;
      if (at >= text.length || LINE_END.test(text)) break;
      // A quote in the middle of a field, or text behind a closed one.
      broken = true;
      REST_OF_LINE.lastIndex = at;
      at += REST_OF_LINE.exec(text)?.[0].length ?? 0;
      break;
    }
    LINE_END.lastIndex = at;
    at += LINE_END.exec(text)?.[0].length ?? 0;
    line++;
    yield { line: start, fields, broken };
  }
}

/** A row as it crosses the socket: line, address, password, name. */
export function packRow({ line, address, password, name }: ImportRow): readonly string[] {
  return [String(line), address, password, name];
}

/** The row that `packRow` packed. */
export function unpackRow([line = '0', address = '', password = '', name = '']: readonly string[]): ImportRow {
  return { line: Number(line), address, password, name };
}

/** Addresses that the file names twice, in any spelling. */
export function findTwice(rows: readonly ImportRow[]): ImportFault[] {
  const seen = new Map<string, number>();
  return rows.flatMap(({ line, address }) => {
    const spec = parseAddrSpec(address);
    if (spec === null) return [];
    const key = `${localKey(spec.localPart)}@${domainKey(spec.domain)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, line);
    return first === undefined ? [] : [{ line, message: `${address} stands in line ${first} already` }];
  });
}
