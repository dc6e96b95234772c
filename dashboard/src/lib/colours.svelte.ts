/** Colours of tokens.css for what is drawn on canvases, in the scheme of this moment. */
import { MediaQuery } from 'svelte/reactivity';

const dark = new MediaQuery('(prefers-color-scheme: dark)');

/** The value of `--name` now; read in a template or an effect, it follows the system's setting. */
export function colour(name: string): string {
  void dark.current;
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
