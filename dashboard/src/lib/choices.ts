/** Finding one option among many by what is typed. Pure. */

export interface Option {
  value: string;
  label: string;
  /** Beside the label, in small: a code, an offset. */
  note?: string;
}

/** Lower case, without accents: "Réunion" is found by "reunion". */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
}

/** The options that have every word of `typed`, those that begin with it first. */
export function found(options: readonly Option[], typed: string): readonly Option[] {
  const wanted = plain(typed).trim();
  if (!wanted) return options;
  const words = wanted.split(/[\s_/,]+/).filter(Boolean);
  const first: Option[] = [];
  const rest: Option[] = [];
  for (const option of options) {
    const text = plain(`${option.label} ${option.value} ${option.note ?? ''}`).replaceAll('_', ' ');
    if (!words.every((word) => text.includes(word))) continue;
    const starts = text.startsWith(wanted) || option.value.toLowerCase() === wanted;
    (starts ? first : rest).push(option);
  }
  return [...first, ...rest];
}
