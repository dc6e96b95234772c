/** The present, for "12 s ago": one timer for the whole page, and none while nobody reads it. */
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** Now in milliseconds; read in a template or an effect, it is read again every second. */
export function now(): number {
  subscribe();
  return Date.now();
}
