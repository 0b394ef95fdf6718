// What the decision point answers.

/** The answer to one request. An object is always true: ask for `allowed`. */
export class Response {
  #text;
  #read;

  /** Made by a decision point of its answer: the decision in one character, and all of it as JSON. */
  constructor(text) {
    this.#text = text;
  }

  get allowed() {
    return this.#text.startsWith("+");
  }

  get decisionId() {
    return this.#whole.decision_id;
  }

  get message() {
    return this.#whole.message;
  }

  get reason() {
    return this.#whole.reason;
  }

  get errors() {
    return this.#whole.errors;
  }

  get obligations() {
    return this.#whole.obligations;
  }

  get revision() {
    return this.#whole.revision;
  }

  get expired() {
    return this.#whole.expired ?? false;
  }

  toJSON() {
    return this.#whole;
  }

  get #whole() {
    this.#read ??= JSON.parse(this.#text.slice(1));
    return this.#read;
  }
}
