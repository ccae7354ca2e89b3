// Asking while the pointer moves: one question at a time, and of those that came meanwhile only the last.

/** @template Q, A */
export class Asker {
  /** @param {(question: Q) => Promise<A>} send @param {(question: Q, answer: A | null, error: unknown) => void} heard only of the last question */
  constructor(send, heard) {
    this.send = send;
    this.heard = heard;
    /** @type {Q | null} */
    this.next = null;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.turn = 0;
  }

  /** @param {Q} question */
  ask(question) {
    this.next = question;
    this.turn += 1;
    this.running ??= this.run().finally(() => (this.running = null));
  }

  /** What is asked does not matter any more. */
  drop() {
    this.next = null;
    this.turn += 1;
  }

  async run() {
    while (this.next !== null) {
      const question = this.next;
      const mine = this.turn;
      this.next = null;
      let answer = /** @type {A | null} */ (null);
      let error = /** @type {unknown} */ (null);
      try {
        answer = await this.send(question);
      } catch (problem) {
        error = problem;
      }
      if (mine === this.turn) this.heard(question, answer, error);
    }
  }

  /** When no question is open. */
  async idle() {
    while (this.running) await this.running;
  }
}
