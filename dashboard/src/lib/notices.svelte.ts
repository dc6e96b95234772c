/** Short messages at the edge of the page: what has been done, or could not be. */

export interface Notice {
  id: number;
  tone: 'ok' | 'bad';
  text: string;
}

const SHOWN_MS = 6000;
let last = 0;
let shown = $state.raw<readonly Notice[]>([]);

export const notices = {
  get shown(): readonly Notice[] {
    return shown;
  },
};

/** `notify('4 chargers are starting.')`; a bad one stays until it is dismissed. */
export function notify(text: string, tone: Notice['tone'] = 'ok'): void {
  last += 1;
  const notice = { id: last, tone, text };
  shown = [...shown.filter((other) => other.text !== text).slice(-3), notice];
  if (tone === 'ok') setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  shown = shown.filter((notice) => notice.id !== id);
}
