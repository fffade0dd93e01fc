// @ts-check
/**
 * Does an outline cross itself? The same answer as the server's. Pure.
 *
 * @typedef {import('./viewport.js').Point} Point
 */

/**
 * The first two edges that meet where they may not, or null: the same answer as the server's, in
 * whole hundredths, where no sign is ever rounded.
 * @param {Point[]} ring @returns {[number, number] | null}
 */
export function crossing(ring) {
  const whole = ring.map(({ x, y }) => ({ x: Math.round(x * 100), y: Math.round(y * 100) }));
  const count = whole.length;
  for (let i = 0; i < count; i++) {
    const [a, b] = [whole[i], whole[(i + 1) % count]];
    if (a.x === b.x && a.y === b.y) return [i, (i + 1) % count];
    for (let j = i + 1; j < count; j++) {
      const [c, d] = [whole[j], whole[(j + 1) % count]];
      if (j === i + 1 ? foldsBack(a, b, d) : (j + 1) % count === i ? foldsBack(b, a, c) : meets(a, b, c, d)) return [i, j];
    }
  }
  return null;
}

/** @param {Point} a @param {Point} b @param {Point} c @returns {number} the side of a-b on which c lies */
function side(a, b, c) {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

/** Two edges that share `corner` lie on one another. @param {Point} from @param {Point} corner @param {Point} to */
function foldsBack(from, corner, to) {
  const ahead = (corner.x - from.x) * (to.x - corner.x) + (corner.y - from.y) * (to.y - corner.y);
  return ahead < 0 && side(from, corner, to) === 0;
}

/** @param {Point} a @param {Point} b @param {Point} c @param {Point} d @returns {boolean} a-b and c-d share a place */
function meets(a, b, c, d) {
  if (Math.max(a.x, b.x) < Math.min(c.x, d.x) || Math.max(c.x, d.x) < Math.min(a.x, b.x)) return false;
  if (Math.max(a.y, b.y) < Math.min(c.y, d.y) || Math.max(c.y, d.y) < Math.min(a.y, b.y)) return false;
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}
