// @ts-check
/** Large masks are encoded beside the page: each change is handed on, tile by tile. */

/** @param {import('./mask.js').MaskIsland} island @returns {Record<string, never>} */
export function bring(island) {
  const { context, layer: { mask } } = island;
  if (island.view.ended.signal.aborted) return {};
  const worker = new Worker(context.modules.encoder, { type: 'module' });
  let version = 0;
  const handOn = () => {
    const tiles = [...mask.changed].map((at) => /** @type {const} */ ([at, mask.tiles[at]?.slice() ?? null]));
    mask.changed.clear();
    version++;
    worker.postMessage({ tiles, version }, tiles.flatMap(([, cells]) => (cells ? [cells.buffer] : [])));
  };
  worker.onmessage = ({ data }) => {
    if (data.version !== version) return;
    island.layer.texts = new Map(data.texts);
    context.changed();
  };
  worker.onerror = () => {
    island.helper = undefined;
    context.changed();
  };
  worker.postMessage({ size: [mask.width, mask.height, mask.wide] });
  mask.tiles.forEach((tile, at) => tile && mask.changed.add(at));
  island.helper = { handOn, end: () => worker.terminate() };
  return {};
}
