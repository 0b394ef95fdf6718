// Written from the library's own shapes: `WRITE_TYPES=1 cargo test -p notegate the_types`.

/**
 * Attributes of one entity as JSON.
 */
export type Attributes = {
/**
 * Whose they are.
 */
uid: EntityUid,
/**
 * Names with values.
 */
attrs: Fields, };

/**
 * What is found in a bundle by validating it.
 */
export type BundleReport = {
/**
 * Whether it could be put in force.
 */
valid: boolean,
/**
 * Its revision; `None` when it is not valid.
 */
revision: string | null,
/**
 * How many policies it has; 0 when it is not valid.
 */
policies: number,
/**
 * How many entities it stores; 0 when it is not valid.
 */
entities: number,
/**
 * What is wrong with it, or likely not meant.
 */
problems: Array<Problem>,
/**
 * Files that are no part of it.
 */
ignored: Array<string>, };

/**
 * A policy whose scope matches the request.
 */
export type Candidate = {
/**
 * Its id.
 */
id: string,
/**
 * `permit` or `forbid`.
 */
effect: "permit" | "forbid",
/**
 * Where it stands; in JSON its file, line and column.
 */
place: Place,
/**
 * Whether its conditions hold.
 */
status: CandidateStatus,
/**
 * The first condition that does not hold.
 */
clause: Clause | null, };

/**
 * Whether the conditions of a policy hold.
 */
export type CandidateStatus = "satisfied" | "not_satisfied" | "errored";

/**
 * A report in JSON.
 */
export type CaseReport = { passed: number, failed: number, left_out: number, cases: Array<CaseResult>, undetermined: Array<string>, };

/**
 * A result in JSON.
 */
export type CaseResult = { file: string, name: string, passed: boolean, decision: "allow" | "deny" | null, reason: Array<string>, differences: Array<Difference>, error: string | null, };

/**
 * A condition that does not hold.
 */
export type Clause = {
/**
 * `when` or `unless`.
 */
kind: ClauseKind,
/**
 * Its text between the braces.
 */
text: string,
/**
 * Where that text stands in the file of the policy; absent for a policy in JSON form.
 */
span: TextSpan | null,
/**
 * Why it cannot be evaluated, when it cannot.
 */
error: string | null,
/**
 * The smallest expressions in it that made it so.
 */
deciding: Array<Deciding>, };

/**
 * The kind of a condition.
 */
export type ClauseKind = "when" | "unless";

/**
 * A smallest expression that decided a condition.
 */
export type Deciding = {
/**
 * Its text.
 */
text: string,
/**
 * Where it stands in the file of the policy; absent for a policy in JSON form.
 */
span: TextSpan | null,
/**
 * Its value, or why it has none.
 */
value: string,
/**
 * The values it was made from.
 */
operands: Array<Operand>, };

/**
 * What went wrong in one policy, as JSON.
 */
export type DecisionError = {
/**
 * The policy, when it happened in one.
 */
policy_id: string | null,
/**
 * What happened.
 */
message: string, };

/**
 * Where an outcome differs from what a test case expects.
 */
export type Difference = {
/**
 * The field of the case: `decision`, `reason`, `num_errors`, `obligations` or `message`.
 */
field: string,
/**
 * What the case expects.
 */
expected: string,
/**
 * What the outcome is.
 */
actual: string, };

export type Entity = { uid: EntityUid, attrs: Fields, parents: Array<EntityUid>, tags?: Fields, };

/**
 * An entity uid as JSON: `{"type", "id"}`, or the text of a Cedar uid.
 */
export type EntityUid = string | {
/**
 * The entity type.
 */
type: string,
/**
 * The id.
 */
id: string, };

/**
 * Something that went wrong while deciding.
 */
export type ExplainedError = {
/**
 * The id of the policy it happened in, when it happened in one.
 */
policy_id: string | null,
/**
 * What happened, in words.
 */
message: string, };

/**
 * Why a request was decided as it was.
 *
 * Texts and values are cut at about 200 characters, and shown with control characters escaped.
 */
export type Explanation = {
/**
 * `allow` or `deny`.
 */
decision: "allow" | "deny",
/**
 * The ids of the determining policies; none for a Deny by default.
 */
reason: Array<string>,
/**
 * What went wrong while deciding.
 */
errors: Array<ExplainedError>,
/**
 * What the denied person may read.
 */
message: string | null,
/**
 * The policies whose scope matches the request, in the order of the policy set.
 */
candidates: Array<Candidate>,
/**
 * For a Deny by default, the first permits that missed the request by one part of their scope.
 */
near_misses: Array<NearMiss>,
/**
 * How many such permits there are.
 */
near_miss_count: number,
/**
 * How many policies are not candidates, the near misses among them.
 */
others: number, };

export type Extension = { fn: string, arg: string, };

export type Fields = { [key in string]: Value };

export type GrantsStatus = { sequence: number | null, in_force: boolean, stale: boolean, source: string | null, last_checked: string | null, last_error: LastError | null, consecutive_failures: number, age_ms: number, };

export type LastError = { at: string, code: string | null, message: string, help: string | null, };

/**
 * A permit that missed the request by one part of its scope.
 */
export type NearMiss = {
/**
 * Its id.
 */
id: string,
/**
 * Where it stands.
 */
place: Place,
/**
 * `principal`, `action` or `resource`.
 */
part: string,
/**
 * What that part asks for.
 */
asks_for: string,
/**
 * What the request has there.
 */
found: string, };

/**
 * A part of an expression, with its value for this request.
 */
export type Operand = {
/**
 * Its text, such as `principal.clearance.rank`.
 */
text: string,
/**
 * Its value, or `absent`, or why it has none.
 */
value: string, };

/**
 * A place in JSON.
 */
export type Place = { file: string, line: number | null, column: number | null, };

/**
 * A problem in JSON.
 */
export type Problem = { code: string, severity: Severity, message: string, help: string | null, file: string | null, line: number | null, column: number | null, spans: Array<Span>, };

/**
 * A request as JSON.
 */
export type Request = {
/**
 * Who asks.
 */
principal: EntityUid,
/**
 * What they want to do.
 */
action: EntityUid,
/**
 * What they want to do it to.
 */
resource: EntityUid,
/**
 * Facts about this one request.
 */
context?: Fields,
/**
 * Entities in the place of stored ones.
 */
entities?: Array<Entity>,
/**
 * Attributes over those of stored entities.
 */
attributes?: Array<Attributes>, };

/**
 * A response as JSON.
 */
export type ResponseJson = {
/**
 * `allow` or `deny`.
 */
decision: "allow" | "deny",
/**
 * The ids of the determining policies.
 */
reason: Array<string>,
/**
 * What went wrong while deciding.
 */
errors: Array<DecisionError>,
/**
 * Names with values.
 */
obligations: { [key in string]: string },
/**
 * What the denied person may read.
 */
message?: string,
/**
 * The revision that was in force.
 */
revision: string,
/**
 * The name of this decision.
 */
decision_id: string,
/**
 * How long deciding took, in nanoseconds.
 */
time_taken_ns: number,
/**
 * `true` when the bundle that was in force had expired; left out otherwise.
 */
expired?: boolean, };

/**
 * How bad a problem is.
 */
export type Severity = "warning" | "error";

/**
 * A part of a text, in bytes.
 */
export type Span = {
/**
 * Where it starts.
 */
offset: number,
/**
 * How long it is.
 */
length: number,
/**
 * What is said of it.
 */
label: string | null, };

export type Status = { revision: string, name: string, sequence: number, signed_by: Array<string>, origin: string, activated_at: string, expires: string | null, expired: boolean, stale: boolean, grants: GrantsStatus | null, source: string | null, last_checked: string | null, last_error: LastError | null, consecutive_failures: number, age_ms: number, };

/**
 * A part of a text in JSON, in bytes.
 */
export type TextSpan = { offset: number, length: number, };

/**
 * The values of the language in JSON, as types that are only written down.
 */
export type Value = string | number | boolean | Array<Value> | { __entity: EntityUid, } | { __extn: Extension, } | { [key in string]: Value };
