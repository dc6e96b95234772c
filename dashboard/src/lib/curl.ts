/** A request as a line for a shell. Pure. */

/** What is never shown: it stands as a variable of the shell instead. */
const SECRETS: Record<string, string> = { authorization_key: 'AUTHORIZATION_KEY', client_key: 'CLIENT_KEY' };

/** Lists of texts, as JSON.stringify spreads them over lines. */
const LISTS = /\[\n(\s+"(?:[^"\\\n]|\\.)*",?\n)+\s+\]/g;

/** `text` as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The request, with the token as $TOKEN. `organization` is what an admin's requests name. */
export function curl(url: string, body: unknown, organization: string | null = null): string {
  const secrets = new Set<string>();
  const hidden = JSON.stringify(
    body,
    (name, value: unknown) => {
      if (typeof value !== 'string' || !(name in SECRETS)) return value;
      secrets.add(SECRETS[name] ?? '');
      return `\0${SECRETS[name]}\0`;
    },
    2,
  );
  // Out of the single quotes, the variable in double ones, and in again.
  const data = quoted(hidden.replaceAll(LISTS, (list) => list.replaceAll(/\s*\n\s*/g, ' '))).replaceAll(/\\u0000([A-Z_]+)\\u0000/g, `'"$$$1"'`);
  const headers = [`-H "Authorization: Bearer $TOKEN"`];
  if (organization !== null) headers.push(`-H ${quoted(`X-Organization-Id: ${organization}`)}`);
  headers.push(`-H 'Content-Type: application/json'`);
  const lines = [`curl ${quoted(url)}`, ...headers, `-d ${data}`];
  return lines.join(' \\\n  ');
}
