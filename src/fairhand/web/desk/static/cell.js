// @ts-check
/** How masks are cut into tiles (grain.js), for everybody who walks them. */

/** Pixels along a tile's side. */
export const TILE = 256;
