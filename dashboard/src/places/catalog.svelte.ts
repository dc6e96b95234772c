/** Brands and their models, asked for when a form needs them. */
import { SvelteMap } from 'svelte/reactivity';

import { api } from '../lib/api';
import { words } from '../lib/errors';
import type { Brand, Model } from '../lib/types';

let brands = $state.raw<readonly Brand[]>([]);
let failed = $state<string | null>(null);
const models = new SvelteMap<string, readonly Model[]>();
const asked = new Set<string>();

export const catalog = {
  get brands(): readonly Brand[] {
    return brands;
  },
  /** Why it could not be read. */
  get failed(): string | null {
    return failed;
  },
  /** Undefined as long as they are not there. */
  models(brand: string): readonly Model[] | undefined {
    return models.get(brand);
  },
  model(brand: string, slug: string): Model | undefined {
    return models.get(brand)?.find((model) => model.slug === slug);
  },
};

export async function loadBrands(): Promise<void> {
  if (brands.length > 0) return;
  try {
    brands = await api.all<Brand>('/ocpp/catalog/brands', {}, { withoutOrganization: true });
    failed = null;
  } catch (error) {
    failed = words(error);
  }
}

export async function loadModels(brand: string): Promise<void> {
  if (!brand || models.has(brand) || asked.has(brand)) return;
  asked.add(brand);
  try {
    const path = `/ocpp/catalog/brands/${encodeURIComponent(brand)}/models`;
    models.set(brand, await api.all<Model>(path, {}, { withoutOrganization: true }));
    failed = null;
  } catch (error) {
    failed = words(error);
  } finally {
    asked.delete(brand);
  }
}
