// CANCELUPDATE, RFC 5267 §4.3.5: results are not kept up to date any longer.
import { RESULT_CONTEXTS_MAX } from '../../limits.ts';
import { command } from '../command-spec.ts';
import { bad, ok } from '../outcome.ts';

export const CANCELUPDATE = command<readonly string[]>({
  phase: 'selected',
  parse(cursor) {
    const tags: string[] = [];
    while (cursor.skip(' ')) {
      if (tags.length >= RESULT_CONTEXTS_MAX) throw cursor.fault(`at most ${RESULT_CONTEXTS_MAX} tags`);
      tags.push(cursor.string('a tag in quotes'));
    }
    if (tags.length === 0) throw cursor.fault('a space');
    cursor.end();
    return tags;
  },
  run({ view }, tags) {
    if (!tags.every((tag) => view.contexts.has(tag))) return bad('No result of that tag is kept up to date');
    for (const tag of tags) view.contexts.delete(tag);
    return ok('No more of it');
  },
  news: 'all',
});
