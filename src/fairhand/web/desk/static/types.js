// @ts-check
/**
 * The shapes that the task page's modules share. Types only: nothing here runs.
 *
 * @typedef {{value: string, title?: string, key?: string, color?: string}} Label
 * @typedef {{labels?: Label[], multiple?: boolean, instances?: boolean, subjective?: boolean}} Config
 * @typedef {{name: string, kind: string, title: string, required: boolean, config: Config}} Question
 * @typedef {{url: string, preview_url: string, width: number, height: number}} Picture
 * @typedef {{id: number, model: string, score: number | null, value: Record<string, any>}} Proposal
 *
 * @typedef {object} TaskView
 * @property {number} task_id
 * @property {number} project_id
 * @property {number} version
 * @property {{served_at: string, expires_at: string, hold: string}} lease
 * @property {Record<string, any>} data
 * @property {Picture | null} image
 * @property {Question[]} questions
 * @property {Proposal | null} prediction
 * @property {{value: Record<string, any>, saved_at: string} | null} draft
 * @property {number | null} revises
 * @property {{currency: string, per_hour: string}} pay
 * @property {number} [tier] how heavy the content is, 0 to 4; above 0 it is shown only on request
 * @property {boolean} [sensitive] never written to this device's storage
 *
 * @typedef {{task: TaskView | null, reason?: string, message?: string, retry_after_s?: number}} NextAnswer
 * @typedef {{milliseconds: number, amount: string, currency: string}} Paid
 * @typedef {{place: string, message: string, severity: string}} Issue
 * @typedef {{status: number, title?: string, detail?: string, code?: string, issues?: Issue[]}} Problem
 *
 * @typedef {object} QueueItem
 * @property {string} client_key
 * @property {'submit' | 'skip'} action
 * @property {number} task_id
 * @property {TaskView} task kept so that a refused answer can be opened again
 * @property {Record<string, any>} body
 * @property {number} created
 * @property {number} attempts
 * @property {number} due earliest time of the next attempt, milliseconds
 * @property {'waiting' | 'refused'} state
 * @property {Problem} [problem]
 *
 * @typedef {object} Binding
 * @property {string} key the character, or a name such as Enter, ArrowLeft
 * @property {boolean} [ctrl] Ctrl or Command
 * @property {boolean} [shift]
 * @property {string} does said in the shortcut sheet
 * @property {() => void} run
 * @property {string} [group]
 * @property {boolean} [answers] it answers the whole question, so it may also send
 *
 * @typedef {object} IslandContext what a question kind is given when it is mounted
 * @property {Question} question
 * @property {TaskView} task
 * @property {any} answer the answer so far, or null
 * @property {any} proposal the model's answer to this question, or null
 * @property {HTMLElement} stage where the item is shown
 * @property {HTMLElement} panel where the controls go
 * @property {HTMLImageElement | null} image the decoded preview
 * @property {Set<string>} taken keys that are in use on this page already
 * @property {() => void} changed to be called after every change of the answer
 * @property {(issue: string) => void} say a polite word in the status line
 * @property {(words: string, values?: Record<string, string | number>) => string} t
 *
 * @typedef {object} Island what a question kind gives back
 * @property {() => any} value the answer, or null when there is none
 * @property {() => string[]} issues what is still missing, in words
 * @property {Binding[]} keys
 * @property {() => boolean} [proposalShown]
 * @property {() => boolean} [undo] false when there was nothing to undo
 * @property {() => boolean} [redo]
 * @property {() => void} [activate] bring its stage to the front
 * @property {() => void} unmount
 */
export {};
