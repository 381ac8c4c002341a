// LANG, RFC 6856 §3. All texts are English; i-default is the tag that every server must know.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';

const LANGUAGES: readonly (readonly [tag: string, name: string])[] = [
  ['en', 'English'],
  ['i-default', 'Default'],
];

/** Lists the languages or chooses one. */
export function runLang(dialog: Pop3Dialog, command: Pop3CommandOf<'LANG'>): void {
  if (command.language === null) {
    dialog.ok('Languages follow');
    for (const [tag, name] of LANGUAGES) dialog.output.line(`${tag} ${name}`);
    dialog.output.line('.');
    return;
  }
  const wanted = command.language === '*' ? 'i-default' : command.language.toLowerCase();
  const found = LANGUAGES.find(([tag]) => tag === wanted);
  if (found === undefined) dialog.error(null, 'No such language, LANG lists those there are');
  else dialog.ok(`${found[0]} Language chosen`);
}
