/** The organization's locations by id, for their names: asked for when a page first needs them, and
 *  again when a charger stands at one that is not known. */
import { SvelteMap } from 'svelte/reactivity';

import { api } from './api';
import { session } from './session.svelte';
import type { Location } from './types';

const AGAIN_MS = 5_000;

export const locations = new SvelteMap<string, Location>();

let of = $state<string | null>(null);
let asked = 0;
let asking: Promise<void> | null = null;

/** Asks the gateway for all of them. */
export function loadLocations(): Promise<void> {
  asking ??= load().finally(() => (asking = null));
  return asking;
}

async function load(): Promise<void> {
  const organization = session.organization;
  asked = Date.now();
  const found = await api.all<Location>('/ocpp/locations');
  if (organization !== session.organization) return;
  of = organization;
  const ids = new Set(found.map(({ id }) => id));
  for (const id of [...locations.keys()]) if (!ids.has(id)) locations.delete(id);
  for (const location of found) locations.set(location.id, location);
}

/** Makes sure that these are known, if the gateway knows them. */
export function needLocations(ids: readonly string[]): void {
  const stale = of !== session.organization;
  if (stale) locations.clear();
  const missing = stale || ids.some((id) => id !== '' && !locations.has(id));
  if (missing && (stale || Date.now() - asked > AGAIN_MS)) loadLocations().catch(() => undefined);
}

/** Takes in one that has been read or written. */
export function learn(location: Location): void {
  locations.set(location.id, location);
}

/** Whether the gateway has been asked and does not know it (any more). */
export function isGone(id: string): boolean {
  return of !== null && of === session.organization && !locations.has(id);
}

/** What a person calls it. */
export function locationName(id: string | null): string {
  if (!id) return 'No location';
  return locations.get(id)?.name ?? id;
}
