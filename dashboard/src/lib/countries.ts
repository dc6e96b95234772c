/** Countries and time zones to choose from, named in English as the rest of the dashboard is. */
import type { Option } from './choices';

/** ISO 3166-1 alpha-2, as the gateway has them (`domain/countries.py`). */
export const COUNTRY_CODES: readonly string[] = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`
  .trim()
  .split(/\s+/);

const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** "France" for "FR". */
export function countryName(code: string | null): string {
  if (!code) return '';
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

export function countries(): readonly Option[] {
  return COUNTRY_CODES.map((code) => ({ value: code, label: countryName(code), note: code })).sort(
    (one, other) => one.label.localeCompare(other.label, 'en'),
  );
}

/** The zones that this browser knows. */
export function timezones(): readonly Option[] {
  const known = Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC');
  return ['UTC', ...known].map((name) => ({ value: name, label: name.replaceAll('_', ' ') }));
}
