// ID, RFC 2971. A stranger learns the product's name and nothing else; what the client says goes to the log.
import type { CommandCursor } from '../../grammar/cursor.ts';
import { ID_FIELDS_MAX, ID_VALUE_MAX_OCTETS } from '../../limits.ts';
import { command } from '../command-spec.ts';
import { ok } from '../outcome.ts';

type IdFields = Readonly<Record<string, string>>;

function parse(cursor: CommandCursor): IdFields {
  cursor.space();
  const fields: [string, string][] = [];
  if (!cursor.skipKeyword('NIL')) {
    cursor.list(
      () => {
        const field = cursor.string('a field');
        cursor.space();
        const value = cursor.nullableString('a value or NIL') ?? '';
        if (value.length > ID_VALUE_MAX_OCTETS) throw cursor.fault(`at most ${ID_VALUE_MAX_OCTETS} octets`);
        fields.push([field.toLowerCase(), value]);
      },
      ID_FIELDS_MAX,
      0,
    );
  }
  cursor.end();
  return Object.fromEntries(fields);
}

export const ID = command<IdFields>({
  phase: 'any',
  parse,
  run(dialog, fields) {
    const { name, version, vendor } = fields;
    dialog.parts.log.debug({ name, version, vendor }, 'the client says what it is');
    dialog.untagged('ID ("name" "Postroad")');
    return ok('Pleased to meet you');
  },
  news: 'all',
});
