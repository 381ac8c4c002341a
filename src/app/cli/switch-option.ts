// Pairs of options that switch something on and off.
import { UsageError, flagOption, type CommandContext } from './command.ts';

/** True, false, or null when neither was given. Throws UsageError for both. */
export function switchOption(context: CommandContext, on: string, off: string): boolean | null {
  const isOn = flagOption(context, on);
  const isOff = flagOption(context, off);
  if (isOn && isOff) throw new UsageError(`say --${on} or --${off}, not both`);
  return isOn ? true : isOff ? false : null;
}
