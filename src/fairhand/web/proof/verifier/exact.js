/* Exact amounts: micros (millionths of a minor unit) as BigInt, fractions in lowest terms. */

export const MINOR = 1000000n;
export const HOUR = 3600000n;
export const MINUTE = 60000n;

const NO_DIGITS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const THREE_DIGITS = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
const FOUR_DIGITS = ['CLF', 'UYW'];
const SPARE_DIGITS = 6;

/** What is wrong with a bundle, in words. */
export class Refused extends Error {}

/** Digits after the point of a currency (ISO 4217). */
export function exponent(currency) {
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    throw new Refused(`${String(currency).slice(0, 20)} is not a currency`);
  }
  if (NO_DIGITS.includes(currency)) return 0;
  if (THREE_DIGITS.includes(currency)) return 3;
  return FOUR_DIGITS.includes(currency) ? 4 : 2;
}

/** Reads an exact decimal amount as micros; there is one way to write each. */
export function parseAmount(text, currency) {
  const found = typeof text === 'string' ? /^(-?)(0|[1-9][0-9]{0,20})(?:\.([0-9]{1,20}))?$/.exec(text) : null;
  if (!found) throw new Refused(`${String(text).slice(0, 40)} is not an exact amount`);
  const [, sign, whole, part = ''] = found;
  const digits = exponent(currency);
  if (part.length < digits || part.length > digits + SPARE_DIGITS || part.slice(digits).endsWith('0')) {
    throw new Refused(`${text} is not how an amount of ${currency} is written`);
  }
  const micros = BigInt(whole + part.padEnd(digits + SPARE_DIGITS, '0'));
  if (sign && micros === 0n) throw new Refused('zero has no sign');
  return sign ? -micros : micros;
}

/** Writes micros as parseAmount reads them. */
export function showAmount(micros, currency) {
  const digits = exponent(currency);
  const unit = 10n ** BigInt(digits + SPARE_DIGITS);
  const value = micros < 0n ? -micros : micros;
  const text = (value % unit).toString().padStart(digits + SPARE_DIGITS, '0');
  const kept = text.slice(0, digits) + text.slice(digits).replace(/0+$/, '');
  return `${micros < 0n ? '-' : ''}${value / unit}${kept ? '.' : ''}${kept}`;
}

/** Divides and rounds up: towards the person who is paid. */
export function ceilDivide(top, bottom) {
  const whole = top / bottom;
  return top % bottom > 0n ? whole + 1n : whole;
}

/** Writes a fraction in lowest terms; the bottom is above zero. */
export function lowestTerms(top, bottom) {
  let [a, b] = [top < 0n ? -top : top, bottom];
  while (b) [a, b] = [b, a % b];
  return `${top / a}/${bottom / a}`;
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0n);
}
