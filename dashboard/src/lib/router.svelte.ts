/** Paths under `/ui`. What a page shows is in its path and query, so that a reload, a link and the
 *  back button open the same view. */
import { SvelteURLSearchParams } from 'svelte/reactivity';

import { changed, type Changes } from './query';

const BASE = '/ui';

let path = $state('/');
const query = new SvelteURLSearchParams();

function read(): void {
  const at = window.location.pathname;
  const inside = at.startsWith(BASE) ? at.slice(BASE.length) : at;
  path = decodeURI(inside.replace(/\/+$/, '')) || '/';
  const given = new URLSearchParams(window.location.search);
  if (given.toString() === query.toString()) return;
  for (const name of [...new Set(query.keys())]) if (!given.has(name)) query.delete(name);
  for (const name of new Set(given.keys())) {
    const wanted = given.getAll(name);
    if (JSON.stringify(wanted) === JSON.stringify(query.getAll(name))) continue;
    query.delete(name);
    for (const value of wanted) query.append(name, value);
  }
}

/** Where we are. Reading either in a template, `$derived` or `$effect` follows it. */
export const route = {
  /** Below `/ui`, without a slash at the end: `/locations/abc`. */
  get path(): string {
    return path;
  },
  get query(): URLSearchParams {
    return query;
  },
};

/** What stays in the address whatever page is opened: see `session.svelte.ts`. */
const KEPT = ['org'];

/** The address of a page for `<a href>`: `href('/chargers/abc', { tab: 'faults' })`. */
export function href(to: string, changes: Changes = {}): string {
  const params = changed(new URLSearchParams(), changes);
  for (const name of KEPT) {
    const value = query.get(name);
    if (value !== null && !params.has(name)) params.set(name, value);
  }
  const text = params.toString();
  return `${BASE}${encodeURI(to)}${text ? `?${text}` : ''}`;
}

/** Opens a page. `replace` leaves no step behind for the back button. */
export function navigate(to: string, changes: Changes = {}, { replace = false } = {}): void {
  go(href(to, changes), replace);
}

/** Changes the query of the page that is open; null, '' and [] take a name away. Replaces the
 *  address unless `push`: a filter that is typed should not be a step per letter. */
export function setQuery(changes: Changes, { push = false } = {}): void {
  const text = changed(new URLSearchParams(window.location.search), changes).toString();
  go(`${window.location.pathname}${text ? `?${text}` : ''}`, !push);
}

function go(address: string, replace: boolean): void {
  const before = window.location.pathname;
  if (address === before + window.location.search) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', address);
  read();
  if (window.location.pathname !== before) window.scrollTo(0, 0);
}

/** Follows the address and takes over clicks on links below `/ui`; called once, by App. */
export function startRouter(): () => void {
  read();
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    const to = new URL(link.href, window.location.href);
    if (to.origin !== window.location.origin || to.hash) return;
    if (to.pathname !== BASE && !to.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    go(to.pathname + to.search, false);
  };
  window.addEventListener('popstate', read);
  document.addEventListener('click', onClick);
  return () => {
    window.removeEventListener('popstate', read);
    document.removeEventListener('click', onClick);
  };
}
