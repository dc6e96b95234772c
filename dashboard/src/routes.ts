/** Every page: where it is, what the navigation calls it, and what loads it. */
import type { Component } from 'svelte';

export interface PageProps {
  /** What stands for `:id` and the like in the pattern. */
  params: Record<string, string>;
}

export interface Route {
  /** Below `/ui`: `/locations/:id`. */
  pattern: string;
  /** Its name in the navigation; pages without one belong to the entry that `under` names. */
  nav?: string;
  under?: string;
  /** Only for admins. */
  admin?: true;
  /** Some pages take `params`, some need none. */
  load: () => Promise<{ default: Component<PageProps> | Component<Record<string, never>> }>;
}

export const ROUTES: readonly Route[] = [
  { pattern: '/', nav: 'Fleet', load: () => import('./pages/Fleet.svelte') },
  { pattern: '/chargers/:id', under: '/', load: () => import('./pages/Charger.svelte') },
  { pattern: '/messages', nav: 'Messages', load: () => import('./pages/Messages.svelte') },
];
