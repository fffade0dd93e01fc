// @ts-check
/**
 * Which questions are asked: those without a condition, and those whose condition is met by an
 * earlier answer or by the task itself. The server decides by the same rule. DOM-free.
 *
 * @typedef {import('./types.js').Question} Question
 */

/**
 * @param {Question} question @param {Set<string>} asked names of earlier questions that are asked
 * @param {Record<string, any>} value their answers @param {Record<string, any>} data the task's
 */
export function isAsked(question, asked, value, data) {
  const condition = question.only_if;
  if (!condition) return true;
  if (condition.question && !asked.has(condition.question)) return false;
  const found = condition.question ? value[condition.question] : data[condition.data || ''];
  return [found].flat().some((one) => condition.is.includes(one));
}
