/** A key for a request that must not happen twice: 128 random bits, also where the page is not on https
 *  (`crypto.randomUUID` is only there then). */
export function randomKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
