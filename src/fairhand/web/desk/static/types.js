// @ts-check
/**
 * The shapes that the task page's modules share. Types only: nothing here runs.
 *
 * @typedef {{value: string, title?: string, key?: string, color?: string, parent?: string}} Label
 * @typedef {{labels?: Label[], multiple?: boolean, instances?: boolean, subjective?: boolean, any_level?: boolean}} Config
 * @typedef {{question?: string, data?: string, is: any[]}} Condition
 * @typedef {{name: string, kind: string, title: string, required: boolean, config: Config, only_if?: Condition | null}} Question
 * @typedef {{crs: string, transform: number[], geographic: boolean}} Geo where a picture lies on the map
 * @typedef {{bits?: number, range?: [number, number], window?: [number, number], windows?: {name: string, window: [number, number]}[],
 *   values?: {slope: number, intercept: number, unit: string}, levels?: number, tile?: number, geo?: Geo}} PictureDetails
 *   `window` is shown as black to white, in stored values; `values` says what a stored value means
 * @typedef {{url: string, preview_url: string, width: number, height: number, details?: PictureDetails}} Picture
 * @typedef {{id: number, model: string, score: number | null, value: Record<string, any>, ask?: 'verify' | 'fix'}} Proposal
 *
 * @typedef {{role: 'prompter' | 'assistant' | 'system', html: string}} Turn
 * @typedef {{turns: Turn[], replies: {id: string, html: string, turns: Turn[]}[]}} Talk replies in the order dealt to this person
 *
 * @typedef {object} TaskView
 * @property {number} task_id
 * @property {number} project_id
 * @property {number} version
 * @property {{served_at: string, expires_at: string, hold: string}} lease
 * @property {Record<string, any>} data
 * @property {Picture | null} image
 * @property {({url: string} & Record<string, any>) | null} [sound] with `duration_ms` and `rate`
 * @property {Talk | null} [talk] a conversation, and replies to compare
 * @property {string[]} [dealt] ids of the documents, in the order dealt to this person
 * @property {Question[]} questions
 * @property {Proposal | null} prediction
 * @property {{value: Record<string, any>, saved_at: string} | null} draft
 * @property {number | null} revises
 * @property {{currency: string, per_hour: string}} pay
 * @property {number} [tier] how heavy the content is, 0 to 4; above 0 it is shown only on request
 * @property {boolean} [sensitive] never written to this device's storage
 *
 * @typedef {{task: TaskView | null, reason?: string, message?: string, retry_after_s?: number, cut?: {id: number, milliseconds: number}}} NextAnswer
 * @typedef {{milliseconds: number, amount: string, currency: string}} Paid
 * @typedef {{place: string, message: string, severity: string}} Issue
 * @typedef {{status: number, title?: string, detail?: string, code?: string, issues?: Issue[]}} Problem
 *
 * @typedef {object} QueueItem
 * @property {string} client_key
 * @property {'submit' | 'skip' | 'remarks'} action
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
 * @typedef {import('./geometry.js').Point} Point
 *
 * @typedef {object} IslandContext what a question kind is given when it is mounted
 * @property {Question} question
 * @property {TaskView} task
 * @property {any} answer the answer so far, or null
 * @property {any} proposal the model's answer to this question, or null
 * @property {boolean} [hidden] the person wants to see proposals only when they ask
 * @property {HTMLElement} stage where the item is shown
 * @property {HTMLElement} panel where the controls go; this question's own place
 * @property {HTMLImageElement | null} image the decoded preview
 * @property {Record<string, string>} modules where to import further tools from, by name
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
 * @property {(hidden: boolean) => void} [hideProposal] there is a proposal, and it can be hidden
 * @property {() => void} [accept] makes the proposal the answer
 * @property {() => boolean} [undo] false when there was nothing to undo
 * @property {() => boolean} [redo]
 * @property {() => void} [activate] bring its stage to the front
 * @property {() => void} unmount
 */
export {};
