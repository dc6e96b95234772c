/** Power and energy as people read them. Pure. */

/** "7.2 kW", "350 W". */
export function power(watts: number): string {
  return watts >= 1000 ? `${(watts / 1000).toFixed(watts >= 100_000 ? 0 : 1)} kW` : `${Math.round(watts)} W`;
}

/** "12.345 kWh", "350 Wh". */
export function energy(wattHours: number): string {
  if (wattHours < 1000) return `${wattHours.toFixed(wattHours < 100 ? 1 : 0)} Wh`;
  return `${(wattHours / 1000).toFixed(wattHours >= 1_000_000 ? 1 : 2)} kWh`;
}
