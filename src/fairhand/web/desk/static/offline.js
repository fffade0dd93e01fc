// @ts-check
/** Taking some tasks along for a time without network: one button, and how many are here. */
import { byId } from './dom.js';

/** How many tasks are on this device. @param {import('./desk.js').Desk} desk */
export const tasksHere = (desk) => desk.parts.feed.ready.length + (desk.open ? 1 : 0);

/**
 * @param {import('./desk.js').Desk} desk @param {(on: boolean) => Promise<void>} choose keeps the choice
 * and, when it is on, resolves once the tasks are here
 */
export function wireOffline(desk, choose) {
  const { settings, face, t } = desk.parts;
  const button = byId('take-offline');
  const words = byId('offline-count');
  const show = () => {
    button.setAttribute('aria-pressed', String(settings.offline));
    const n = tasksHere(desk);
    const view = desk.open?.ready.view;
    // Difficult content is never kept on a device.
    byId('along').hidden = Boolean(view?.tier || view?.sensitive);
    words.textContent = settings.offline ? t(n === 1 ? '1 task is on this device.' : '{n} tasks are on this device.', { n }) : '';
  };
  button.addEventListener('click', async () => {
    await choose(!settings.offline);
    show();
    if (settings.offline) face.say(t('You can go without network now. The minutes count when you are back.'), 'ok');
    else face.say(t('No more are taken along. Those that are here stay until you answer or skip them.'));
  });
  addEventListener('held', show);
  show();
}
