// @ts-check
/**
 * Drawing on a label mask: brush strokes, polygons, flood fill. Pure: arrays in, the changed
 * rectangle out. Coordinates are image pixels; pixel (3, 5) covers 3..4 by 5..6 and belongs to a
 * shape when its centre (3.5, 5.5) does.
 *
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Rect x1 and y1 are excluded
 * @typedef {{x: number, y: number}} Point
 * @typedef {{data: Uint8Array | Uint16Array, width: number, height: number}} Mask
 */

/** @param {Rect | null} a @param {Rect | null} b @returns {Rect | null} */
export function union(a, b) {
  if (!a || !b) return a || b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** @param {Mask} mask @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function clip(mask, x0, y0, x1, y1) {
  const rect = {
    x0: Math.max(0, Math.floor(x0)),
    y0: Math.max(0, Math.floor(y0)),
    x1: Math.min(mask.width, Math.ceil(x1)),
    y1: Math.min(mask.height, Math.ceil(y1)),
  };
  return rect.x0 < rect.x1 && rect.y0 < rect.y1 ? rect : null;
}

/**
 * Every pixel whose centre is within `radius` of the segment, and the pixel under its end, so that
 * a brush of one pixel always paints.
 * @param {Mask} mask @param {Point} from @param {Point} to @param {number} radius
 * @param {number} value @returns {Rect | null}
 */
export function stroke(mask, from, to, radius, value) {
  const { data, width } = mask;
  const reach = Math.max(radius, 1);
  const rect = clip(
    mask,
    Math.min(from.x, to.x) - reach,
    Math.min(from.y, to.y) - reach,
    Math.max(from.x, to.x) + reach,
    Math.max(from.y, to.y) + reach,
  );
  if (!rect) return null;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length2 = dx * dx + dy * dy;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let x = rect.x0; x < rect.x1; x++) {
      const px = x + 0.5 - from.x;
      const py = y + 0.5 - from.y;
      const along = length2 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
      const ex = px - along * dx;
      const ey = py - along * dy;
      if (ex * ex + ey * ey <= radius * radius) data[y * width + x] = value;
    }
  }
  paintPixel(mask, to, value);
  return rect;
}

/** @param {Mask} mask @param {Point} at @param {number} value */
function paintPixel(mask, at, value) {
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  if (x >= 0 && y >= 0 && x < mask.width && y < mask.height) mask.data[y * mask.width + x] = value;
}

/**
 * Even-odd scanline fill.
 * @param {Mask} mask @param {Point[]} points @param {number} value @returns {Rect | null}
 */
export function fillPolygon(mask, points, value) {
  if (points.length < 3) return null;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const rect = clip(mask, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  if (!rect) return null;
  for (let y = rect.y0; y < rect.y1; y++) {
    const cuts = crossings(points, y + 0.5);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const start = Math.max(0, Math.ceil(cuts[i] - 0.5));
      const end = Math.min(mask.width, Math.ceil(cuts[i + 1] - 0.5));
      if (start < end) mask.data.fill(value, y * mask.width + start, y * mask.width + end);
    }
  }
  return rect;
}

/** @param {Point[]} points @param {number} y @returns {number[]} */
function crossings(points, y) {
  const cuts = [];
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const a = points[i];
    const b = points[j];
    if (a.y > y !== b.y > y) cuts.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  return cuts.sort((a, b) => a - b);
}

/**
 * Gives the 4-connected area under a point a new value.
 * @param {Mask} mask @param {Point} at @param {number} value @returns {Rect | null}
 */
export function floodFill(mask, at, value) {
  const { data, width, height } = mask;
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const old = data[y * width + x];
  if (old === value) return null;
  /** @type {Rect} */
  const rect = { x0: x, y0: y, x1: x + 1, y1: y + 1 };
  const todo = [y * width + x];
  while (todo.length) {
    const seed = /** @type {number} */ (todo.pop());
    if (data[seed] !== old) continue;
    const row = Math.floor(seed / width) * width;
    let left = seed;
    let right = seed + 1;
    while (left > row && data[left - 1] === old) left--;
    while (right < row + width && data[right] === old) right++;
    data.fill(value, left, right);
    grow(rect, left - row, row / width, right - row);
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= data.length) continue;
      for (let i = next + left - row; i < next + right - row; i++) {
        if (data[i] === old && (i === next + left - row || data[i - 1] !== old)) todo.push(i);
      }
    }
  }
  return rect;
}

/** @param {Rect} rect @param {number} x0 @param {number} y @param {number} x1 */
function grow(rect, x0, y, x1) {
  rect.x0 = Math.min(rect.x0, x0);
  rect.x1 = Math.max(rect.x1, x1);
  rect.y0 = Math.min(rect.y0, y);
  rect.y1 = Math.max(rect.y1, y + 1);
}

/**
 * The index of the point nearest to `at` within `reach`, or -1.
 * @param {Point[]} points @param {Point} at @param {number} reach
 */
export function nearest(points, at, reach) {
  let best = -1;
  let distance = reach;
  points.forEach((point, index) => {
    const d = Math.hypot(point.x - at.x, point.y - at.y);
    if (d <= distance) {
      best = index;
      distance = d;
    }
  });
  return best;
}
