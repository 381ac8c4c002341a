// `type/subtype; name=value` of Content-Type and Content-Disposition, RFC 2045 §5.1, with the sections of RFC 2231 §3
// joined: kept in octets and encoded as they are, for BODYSTRUCTURE. `formats/message/content-type.ts` decodes.
import type { BodyParameter } from './body-part.ts';
import { FieldCursor, type Step } from './field-cursor.ts';
import { BODY_PARAMETERS_MAX } from './limits.ts';

export interface MediaType {
  readonly type: string;
  /** null when there is none. */
  readonly subtype: string | null;
  readonly parameters: readonly BodyParameter[];
}

const EQUALS_VALUE_END = new Set([' ', '\t', '\r', '\n', ';']);
const SECTION = /^([^*]+)\*(\d{1,9})?(\*)?$/;
const NO_PARAMETERS: readonly BodyParameter[] = [];

/** Reads Content-Type. RFC 2045 §5.2: one without even a type counts as if it were not there, null. */
export function readMediaType(value: string): MediaType | null {
  const cursor = new FieldCursor(value);
  const type: string[] = [];
  const subtype: string[] = [];
  let parameters = NO_PARAMETERS;
  if (cursor.skip() !== 'more' || cursor.token(type) !== 'more' || !cursor.at('/'))
    return type.join('') === '' ? null : { type: type.join(''), subtype: null, parameters };
  cursor.position++;
  if (cursor.skip() === 'more' && cursor.token(subtype) !== 'broken') {
    // The semicolon before the first parameter is sometimes forgotten, when that begins a line.
    parameters = readParameters(cursor.atEnd || cursor.at(';') ? cursor : afterForgottenSemicolon(cursor));
  }
  return type.join('') === '' ? null : { type: type.join(''), subtype: subtype.join('') || null, parameters };
}

const PARAMETER_START = /[^\s;="()<>@,:\\/[\]?]+\s*=/y;

function afterForgottenSemicolon(cursor: FieldCursor): FieldCursor {
  PARAMETER_START.lastIndex = cursor.position;
  return PARAMETER_START.test(cursor.text) ? new FieldCursor(`;${cursor.text.slice(cursor.position)}`) : cursor;
}

/** Reads Content-Disposition; null when not even the disposition can be read. */
export function readDisposition(value: string): { disposition: string; parameters: readonly BodyParameter[] } | null {
  const cursor = new FieldCursor(value);
  const disposition: string[] = [];
  cursor.skip();
  if (cursor.token(disposition) === 'broken') return null;
  return { disposition: disposition.join(''), parameters: readParameters(cursor) };
}

/** A value that is one token, with comments around it at most; null when it is anything else. */
export function readToken(value: string): string | null {
  const cursor = new FieldCursor(value);
  const token: string[] = [];
  cursor.skip();
  return (cursor.token(token) === 'end' && token.join('')) || null;
}

/** The token that a value begins with; '' for none. */
export function readFirstToken(value: string): string {
  const cursor = new FieldCursor(value);
  const token: string[] = [];
  cursor.skip();
  cursor.token(token);
  return token.join('');
}

/** Reads `;name=value…` to the end of the text, over whatever does not follow the grammar. */
function readParameters(cursor: FieldCursor): readonly BodyParameter[] {
  if (cursor.atEnd) return NO_PARAMETERS;
  const plain: BodyParameter[] = [];
  const sections: Section[] = [];
  while (!cursor.atEnd && plain.length + sections.length < BODY_PARAMETERS_MAX) {
    const parameter = cursor.at(';') ? readParameter(cursor) : null;
    if (parameter === null) cursor.position++;
    else {
      const section = sectionOf(parameter);
      if (section === null) plain.push(parameter);
      else sections.push(section);
    }
  }
  return sections.length === 0 ? plain : [...plain, ...joinSections(sections)];
}

/** One parameter; null, somewhere behind its semicolon, when there is none. */
function readParameter(cursor: FieldCursor): BodyParameter | null {
  cursor.position++;
  const name: string[] = [];
  if (cursor.skip() !== 'more' || cursor.token(name) !== 'more' || !cursor.at('=')) return null;
  cursor.position++;
  const value: string[] = [];
  let step: Step = cursor.skip();
  if (step === 'more') {
    if (cursor.at('"')) step = cursor.quotedString(value);
    else if (cursor.at('=')) {
      // `name==?utf-8?b?…?=`: an encoded word where RFC 2047 §5 forbids one.
      const start = cursor.position;
      while (!cursor.atEnd && !EQUALS_VALUE_END.has(cursor.text[cursor.position]!)) cursor.position++;
      value.push(cursor.text.slice(start, cursor.position));
    } else step = cursor.token(value);
  }
  return step === 'broken' ? null : { name: name.join(''), value: value.join('') };
}

interface Section {
  readonly name: string;
  readonly key: string;
  readonly index: number;
  readonly extended: boolean;
  readonly value: string;
}

function sectionOf(parameter: BodyParameter): Section | null {
  if (!parameter.name.includes('*')) return null;
  const found = SECTION.exec(parameter.name);
  if (found === null) return null;
  const [, name, index, star] = found;
  // `name*` is one extended value; `name*0` a section; `name*0*` an extended section.
  const extended = star !== undefined || index === undefined;
  return { name: name!, key: name!.toLowerCase(), index: Number(index ?? '0'), extended, value: parameter.value };
}

function joinSections(sections: readonly Section[]): BodyParameter[] {
  const byKey = new Map<string, Section[]>();
  for (const section of sections) {
    const list = byKey.get(section.key);
    if (list === undefined) byKey.set(section.key, [section]);
    else list.push(section);
  }
  const joined: BodyParameter[] = [];
  for (const key of [...byKey.keys()].toSorted()) {
    const list = byKey.get(key)!.toSorted((a, b) => a.index - b.index);
    if (list.some((section, i) => section.index !== i)) {
      // A section is missing, or there twice: these are not what RFC 2231 means.
      for (const one of list)
        joined.push({ name: `${one.name}*${one.index}${one.extended ? '*' : ''}`, value: one.value });
      continue;
    }
    const extended = list.some((section) => section.extended);
    const texts = list.map((section) =>
      extended && !section.extended ? section.value.replaceAll('%', '%25') : section.value,
    );
    const prefix = extended && !list[0]!.extended ? "''" : '';
    joined.push({ name: extended ? `${list[0]!.name}*` : list[0]!.name, value: prefix + texts.join('') });
  }
  return joined;
}
