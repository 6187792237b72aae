/** Which of the things that a worker keeps. @typedef {{ kind: string, number: number }} Ticket */

/** What a worker keeps for its client, who has a ticket for each thing, until it is disposed of. */
export class Kept {
  /** @type {Map<number, any>} */
  #things = new Map();
  #next = 0;
  /** The first of each kind that was disposed of: says so, also for all those after it. @type {Map<string, any>} */
  #gone = new Map();

  /** How many there are. */
  get size() {
    return this.#things.size;
  }

  /** @param {string} kind @param {any} thing @returns {Ticket} */
  keep(kind, thing) {
    const number = this.#next++;
    this.#things.set(number, thing);
    return { kind, number };
  }

  /** @param {Ticket} ticket @returns {any} */
  get({ kind, number }) {
    return this.#things.get(number) ?? this.#gone.get(kind);
  }

  /** @param {Ticket} ticket */
  dispose({ kind, number }) {
    const thing = this.#things.get(number);
    if (thing === undefined) return;
    thing.dispose();
    this.#things.delete(number);
    if (!this.#gone.has(kind)) this.#gone.set(kind, thing);
  }
}
