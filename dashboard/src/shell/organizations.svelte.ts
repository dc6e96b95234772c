/** The organizations that an admin can choose from. */
import { api } from '../lib/api';
import type { OrganizationSummary } from '../lib/types';

let list = $state.raw<readonly OrganizationSummary[]>([]);
let failed = $state<unknown>(null);
let loaded = $state(false);

export const organizations = {
  get list(): readonly OrganizationSummary[] {
    return list;
  },
  get failed(): unknown {
    return failed;
  },
  get loaded(): boolean {
    return loaded;
  },
};

/** Asks the gateway (again). */
export async function loadOrganizations(): Promise<void> {
  try {
    list = await api.all<OrganizationSummary>('/admin/organizations', {}, { withoutOrganization: true });
    failed = null;
    loaded = true;
  } catch (error) {
    failed = error;
  }
}
