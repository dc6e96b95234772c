/** Numbers in words. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** "12,345". */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 charger", "12,345 chargers". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}
