/** Who is signed in, and for which organization. The token is kept in sessionStorage, so it ends
 *  with the tab, and is never in an address for longer than it takes to read it. */
import { setQuery } from './router.svelte';
import type { Me } from './types';

const TOKEN = 'voltfleet.token';
const ORGANIZATION = 'voltfleet.organization';

let token = $state<string | null>(sessionStorage.getItem(TOKEN));
let me = $state.raw<Me | null>(null);
let organization = $state<string | null>(null);
let ended = $state<string | null>(null);

export const session = {
  get token(): string | null {
    return token;
  },
  /** Who the gateway says we are; null until it has said so. */
  get me(): Me | null {
    return me;
  },
  get isAdmin(): boolean {
    return me?.role === 'admin';
  },
  /** Whose data is shown: a user's own organization, or the one that an admin has chosen. */
  get organization(): string | null {
    return organization;
  },
  /** Why the last session ended, for the sign-in page; null if the user signed out. */
  get ended(): string | null {
    return ended;
  },
};

/** Keeps a token that the gateway has accepted as `who`. */
export function signIn(accepted: string, who: Me): void {
  sessionStorage.setItem(TOKEN, accepted);
  token = accepted;
  ended = null;
  recognized(who);
}

/** Takes what the gateway said of the token that is kept already. */
export function recognized(who: Me): void {
  me = who;
  if (who.role !== 'admin') {
    organization = who.organization_id;
    return;
  }
  const named = new URLSearchParams(window.location.search).get('org');
  organization = named ?? sessionStorage.getItem(ORGANIZATION);
  if (organization) setQuery({ org: organization });
}

/** Another organization, for an admin. */
export function chooseOrganization(id: string): void {
  sessionStorage.setItem(ORGANIZATION, id);
  organization = id;
  setQuery({ org: id });
}

/** Forgets the token. `why` is shown on the sign-in page. */
export function signOut(why: string | null = null): void {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(ORGANIZATION);
  token = null;
  me = null;
  organization = null;
  ended = why;
}

/** A link such as `/ui/#token=…`: keeps the token and takes it out of the address. */
export function takeTokenFromAddress(): void {
  const given = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (given === null) return;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  signOut();
  sessionStorage.setItem(TOKEN, given.trim());
  token = given.trim();
}
