/** Every page: where it is, what the navigation calls it, and what loads it. */
import type { Component } from 'svelte';

import { match } from './lib/query';

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
  { pattern: '/locations', nav: 'Locations', load: () => import('./pages/Locations.svelte') },
  { pattern: '/locations/:id', under: '/locations', load: () => import('./pages/Location.svelte') },
  { pattern: '/locations/:id/create', under: '/locations', load: () => import('./pages/CreateChargers.svelte') },
  { pattern: '/locations/:id/jobs/:job', under: '/jobs', load: () => import('./pages/Job.svelte') },
  { pattern: '/messages', nav: 'Messages', load: () => import('./pages/Messages.svelte') },
  { pattern: '/jobs', nav: 'Jobs', load: () => import('./pages/Jobs.svelte') },
  { pattern: '/hosts', nav: 'Hosts', admin: true, load: () => import('./pages/Hosts.svelte') },
];

/** Begins to load the page of an address (`/ui/locations`), if there is one. */
export function preload(pathname: string): void {
  const path = pathname.replace(/^\/ui/, '').replace(/\/+$/, '') || '/';
  ROUTES.find(({ pattern }) => match(pattern, path))
    ?.load()
    .catch(() => undefined); // the page itself says so, when it is shown
}
