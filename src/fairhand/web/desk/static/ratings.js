// @ts-check
/** Ratings as a row of numbers, one for each thing asked, null where nothing is said. DOM-free. */

/** @param {any} answer @param {{reply: string, criterion: {name: string}}[]} cells @returns {(number | null)[]} */
export function readRatings(answer, cells) {
  return cells.map(({ reply, criterion }) => {
    const found = reply ? answer?.replies?.[reply]?.[criterion.name] : answer?.ratings?.[criterion.name];
    return Number.isInteger(found) ? found : null;
  });
}

/** The next place without a number after `from`, going round; -1 when all are there.
 * @param {(number | null)[]} given @param {number} from */
export function nextEmpty(given, from) {
  const after = given.findIndex((value, place) => value === null && place > from);
  return after >= 0 ? after : given.findIndex((value) => value === null);
}
