// @ts-check
/**
 * Named points, each placed, hidden or absent: what a click does, and what is still to be said. Pure;
 * nothing is changed in place.
 *
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {'visible' | 'hidden' | 'absent'} State
 * @typedef {{state: State, at?: Point}} Joint
 * @typedef {(Joint | null)[]} Joints in the order of the labels; null is not answered yet
 */

/** @param {any} answer @param {string[]} names @returns {Joints} */
export function readJoints(answer, names) {
  return names.map((name) => {
    const told = (answer?.points || []).find((/** @type {any} */ point) => point.label === name);
    if (!told) return null;
    return told.state === 'absent' ? { state: 'absent' } : { state: told.state, at: { x: told.at[0], y: told.at[1] } };
  });
}

/** @param {Joints} joints @param {string[]} names */
export function writeJoints(joints, names) {
  return joints.flatMap((joint, index) => (joint ? [{ label: names[index], state: joint.state, ...(joint.at && { at: [joint.at.x, joint.at.y] }) }] : []));
}

/** @param {Joints} joints @param {number} index @param {Joint | null} joint @returns {Joints} */
export function put(joints, index, joint) {
  return joints.map((one, at) => (at === index ? joint : one));
}

/** The next point that nobody spoke of, after one, around the end; -1 when all are answered for.
 * @param {Joints} joints @param {number} from */
export function nextOpen(joints, from) {
  for (let step = 1; step <= joints.length; step++) {
    const index = (from + step) % joints.length;
    if (!joints[index]) return index;
  }
  return -1;
}

/** @param {Joints} joints @param {Point} at @param {number} reach @returns {number} the point there, or -1 */
export function jointAt(joints, at, reach) {
  let [best, distance] = [-1, reach];
  joints.forEach((joint, index) => {
    const away = joint?.at ? Math.hypot(joint.at.x - at.x, joint.at.y - at.y) : Infinity;
    if (away <= distance) [best, distance] = [index, away];
  });
  return best;
}
