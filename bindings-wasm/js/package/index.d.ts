import type {
  BundleReport,
  CaseReport,
  DecisionError,
  Explanation,
  Problem,
  Request,
  ResponseJson,
  Status,
  Value,
} from "./shapes.js";

export type * from "./shapes.js";

/** A value as programs have it: besides what JSON has, a moment, a set, or a whole number. */
export type Given = Value | Date | bigint | ReadonlySet<Given> | readonly Given[] | { readonly [name: string]: Given };

/** A request as programs have it. */
export type Asked = Omit<Request, "context"> & { context?: { readonly [name: string]: Given } };

/** The bytes of a packed bundle, or the texts of its files by their names. */
export type Bundle = Uint8Array | ArrayBuffer | Readonly<Record<string, string>> | ReadonlyMap<string, string>;

/** Whose signatures count: PEM texts of public keys. Without any, what is unsigned is accepted. */
export interface TrustOptions {
  keys?: string | readonly string[];
}

export interface Options extends TrustOptions {
  /** What decides once the bundle in force has expired: it goes on, or everything is denied. */
  onExpiry?: "keep" | "deny";
  /** Whether a bundle must have test cases, and pass them all. */
  requireTests?: boolean;
  /** The time in milliseconds since 1970; `Date.now` when it is left out. */
  clock?: () => number;
}

export interface TestOptions extends TrustOptions {
  /** Runs only the cases whose name, or file, contains this. */
  filter?: string;
}

/** A policy decision point: decides against the bundle in force. */
export class Pdp implements Disposable {
  private constructor();

  /**
   * Opens a bundle. Takes time in proportion to its policies and entities.
   * @throws {LoadError} when it is refused.
   */
  static fromBundle(bundle: Bundle, options?: Options): Pdp;

  /**
   * Decides one request. Takes time in proportion to the policies whose scope fits.
   * @throws {RequestError} when it does not fit the schema or a limit: deny then.
   */
  authorize(request: Asked): Response;

  /**
   * Decides many requests, all at one moment.
   * @throws {RequestError} of the first that does not fit: deny all of them then.
   */
  authorizeBatch(requests: Iterable<Asked>): Response[];

  /**
   * Explains how a request is decided; for people. Takes time in proportion to all policies.
   * @throws {RequestError} when it does not fit.
   */
  explain(request: Asked): Explanation;

  /**
   * Puts a bundle in force, and gives its revision.
   * @throws {LoadError} when it is refused: the last good one stays in force.
   */
  activate(bundle: Bundle): string;

  /** How what is in force stands, now. */
  get status(): Status;

  /** Gives the memory back. Nothing is decided afterwards. */
  free(): void;
  [Symbol.dispose](): void;
}

/** What the decision point answers. An object is always true: ask for `allowed`. */
export class Response {
  private constructor();

  /** Whether the principal may. */
  get allowed(): boolean;
  /** The name of this decision; a UUID that sorts by time. */
  get decisionId(): string;
  /** What the person who is denied may read, as the policies say it. */
  get message(): string | undefined;
  /** The ids of the determining policies; none for a denial by default. */
  get reason(): string[];
  /** What went wrong while deciding. */
  get errors(): DecisionError[];
  /** What whoever enforces must do when it allows. */
  get obligations(): Record<string, string>;
  /** The revision of the bundle that decided. */
  get revision(): string;
  /** Whether that bundle had expired. */
  get expired(): boolean;
  /** All of it, in the shape that every door speaks. */
  toJSON(): ResponseJson;
}

/**
 * Checks a bundle: syntax, schema, limits, and what is likely not meant. One that is refused is reported on, too.
 * @throws {LoadError} when the options are wrong.
 */
export function validate(bundle: Bundle, options?: TrustOptions): BundleReport;

/**
 * Runs the test cases of a bundle.
 * @throws {LoadError} when it is refused, or there is no case to run.
 */
export function test(bundle: Bundle, options?: TestOptions): CaseReport;

/** What every error of Notegate is. */
export class NotegateError extends Error {
  protected constructor();
  /** A stable name, such as `policy.syntax` or `request.schema`. */
  readonly code: string;
  /** What to do next. */
  readonly help: string | undefined;
}

/** A bundle, keys or options were refused. What was in force stays. */
export class LoadError extends NotegateError {
  readonly problems: Problem[];
}

/** A request was refused before it was decided. Who enforces denies. */
export class RequestError extends NotegateError {}
