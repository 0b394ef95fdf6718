//! A question in borrowed parts is decided as the request that it is.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use notegate::audit::Memory;
use notegate::bundle::{Loose, Manifest};
use notegate::engine::{CrossCheck, Options, Scratch};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, RequestErrorKind, Timestamp};
use notegate::pdp::{Clock, Decided, NotAllowed};
use notegate::request::{Given, Question, Rest, Sent};
use notegate::store::{OnExpiry, Rules};
use notegate::{Bundle, Pdp};

/// A clock that is set by hand, and that moves on by so much whenever it is looked at.
#[derive(Debug, Clone, Default)]
struct Hand(Arc<AtomicI64>, Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        let by = self.1.load(Ordering::Relaxed);
        Timestamp::from_millis(self.0.fetch_add(by, Ordering::Relaxed)).unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

const POLICIES: &str = r#"
    @id("day") permit (principal, action == Notebook::Action::"hub:login", resource)
    when { context.now < datetime("1970-01-02") && (if context has mfa then context.mfa else true) };
    @id("erring") forbid (principal == Notebook::User::"eve", action, resource)
    when { 9223372036854775807 + 1 == 0 };
"#;

fn pdp(clock: &Hand, on_expiry: OnExpiry, options: Options) -> Pdp {
    let members = [("policies.cedar".to_owned(), POLICIES.as_bytes().to_vec())];
    let limits = Limits::default();
    let manifest = Manifest {
        name: "days".to_owned(),
        sequence: 1,
        expires: Timestamp::from_millis(1_000),
        ..Manifest::default()
    };
    let bundle = Bundle::from_members(members, &limits).unwrap().seal(manifest, &limits).unwrap();
    let rules = Rules { on_expiry, ..Rules::default() };
    Pdp::builder(clock.clone(), 1).rules(rules).options(options).open(&bundle).unwrap()
}

fn login<'a>(who: &'a str, context: &'a [(&'a str, Given<'a>)]) -> Question<'a> {
    let (user, action) = ("Notebook::User", ("Notebook::Action", "hub:login"));
    Question::new((user, who), action, ("Notebook::Hub", "main"), context).unwrap()
}

#[test]
fn the_time_is_given_where_the_caller_gives_none() {
    let clock = Hand::default();
    let (pdp, scratch) = (pdp(&clock, OnExpiry::Keep, Options::default()), &mut Scratch::default());
    assert!(pdp.ask(&login("ada", &[]), scratch).unwrap().allowed());
    let later = [("now", Given::DateTime(90_000_000))];
    assert!(!pdp.ask(&login("ada", &later), scratch).unwrap().allowed());
    clock.0.store(90_000_000, Ordering::Relaxed);
    let decided = pdp.ask(&login("ada", &[]), scratch).unwrap();
    assert!(!decided.allowed() && decided.expired());
}

#[test]
fn many_questions_are_decided_at_one_moment_and_have_names_of_their_own() {
    let clock = Hand::default();
    let (pdp, scratch) = (pdp(&clock, OnExpiry::Keep, Options::default()), &mut Scratch::default());
    clock.1.store(90_000_000, Ordering::Relaxed);
    let without = [("mfa", Given::Bool(false))];
    let questions = [login("ada", &[]), login("ada", &without), login("bob", &[])];
    let decided = pdp.ask_each(&questions, scratch).unwrap();
    let allowed: Vec<bool> = decided.iter().map(Decided::allowed).collect();
    assert_eq!(allowed, [true, false, true]);
    // The next is a day later.
    let after = pdp.ask_each(&questions[..1], scratch).unwrap();
    assert!(!after[0].allowed());
    let ids: BTreeSet<_> = decided.iter().chain(&after).map(Decided::decision_id).collect();
    assert_eq!(ids.len(), 4);
    assert!(pdp.ask_each(&[], scratch).unwrap().is_empty());
    let unknown = [("colour", Given::Text("red"))];
    let error = pdp.ask_each(&[login("ada", &[]), login("ada", &unknown)], scratch).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Schema);
}

#[test]
fn expiry_denies_where_it_should_and_names_nothing_permitted() {
    let clock = Hand::default();
    let (pdp, scratch) = (pdp(&clock, OnExpiry::Deny, Options::default()), &mut Scratch::default());
    assert!(pdp.ask(&login("ada", &[]), scratch).unwrap().allowed());
    clock.0.store(2_000, Ordering::Relaxed);
    let decided = pdp.ask(&login("ada", &[]), scratch).unwrap();
    assert!(!decided.allowed() && decided.expired());
    assert!(decided.to_response().errors()[0].message.contains("expired"));
    let request = login("ada", &[]).to_builder().unwrap().build(&pdp.shape()).unwrap();
    assert!(pdp.permitted(&request, notebook::hub("main").uid().type_name()).is_empty());
}

#[test]
fn what_errs_and_what_is_compared_is_decided_as_a_request() {
    let clock = Hand::default();
    for cross_check in [CrossCheck::Off, CrossCheck::Always] {
        let options = Options { cross_check, ..Options::default() };
        let (pdp, scratch) = (pdp(&clock, OnExpiry::Keep, options), &mut Scratch::default());
        for who in ["ada", "eve"] {
            let question = login(who, &[]);
            let request = question.to_builder().unwrap().build(&pdp.shape()).unwrap();
            let (asked, whole) = (pdp.ask(&question, scratch).unwrap(), pdp.authorize(&request));
            let asked = asked.to_response();
            assert_eq!(asked.allowed(), who == "ada");
            assert_eq!((asked.reason(), asked.errors()), (whole.reason(), whole.errors()));
            assert_ne!(asked.decision_id(), whole.decision_id());
        }
        assert_eq!(pdp.mismatches(), 0);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_not_written_down() {
    let memory = Arc::new(Memory::new(8));
    let members = [("policies.cedar".to_owned(), POLICIES.as_bytes().to_vec())];
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    let clock = Hand::default();
    let pdp = Pdp::builder(clock, 1).sink(Arc::clone(&memory)).open(&bundle).unwrap();
    let scratch = &mut Scratch::default();
    let wrong = [("mfa", Given::Long(1))];
    let error = pdp.ask(&login("ada", &wrong), scratch).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Schema);
    let long = "x".repeat(Limits::default().id_bytes + 1);
    let error = pdp.ask(&login(&long, &[]), scratch).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::Limit);
    let decided = pdp.ask(&login("ada", &[("mfa", Given::Bool(true))]), scratch).unwrap();
    let records = memory.take();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].response().decision_id(), decided.decision_id());
    assert!(records[0].request().unwrap().context().get("now").is_some());
}

/// Files that a request describes, and people whom it puts in groups.
const SENT: &str = r#"
    @id("own") permit (
        principal,
        action == Notebook::Action::"contents:read",
        resource is Notebook::File
    ) when {
        resource has owner && resource.owner == principal
            && resource has path && resource.path like "in/*"
    };
    @id("readers") permit (
        principal in Notebook::Group::"readers",
        action == Notebook::Action::"contents:read",
        resource is Notebook::File
    ) when { resource has sensitivity && resource.sensitivity.rank < 2 };
    @id("tagged") forbid (
        principal is Notebook::User,
        action == Notebook::Action::"contents:read",
        resource
    ) when { principal.hasTag("status") && principal.getTag("status") == "left" };
"#;

const STORED: &str = r#"[
    {"uid": {"type": "Notebook::File", "id": "ada//in/x.csv"}, "parents": [], "attrs": {
        "path": "out/x.csv", "sensitivity": {"rank": 1, "label": "internal"}}}
]"#;

fn sent_pdp(sink: Option<Arc<Memory>>, options: Options) -> Pdp {
    let members = [("policies.cedar", SENT), ("entities.json", STORED)];
    let members = members.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    let builder = Pdp::builder(Hand::default(), 1).options(options);
    match sink {
        Some(sink) => builder.sink(sink).open(&bundle).unwrap(),
        None => builder.open(&bundle).unwrap(),
    }
}

const NOW: &[(&str, Given<'_>)] = &[("now", Given::DateTime(0))];

fn read<'a>(who: &'a str, sent: &'a [Sent<'a>]) -> Question<'a> {
    let action = ("Notebook::Action", "contents:read");
    let question =
        Question::new(("Notebook::User", who), action, ("Notebook::File", "ada//in/x.csv"), NOW);
    question.unwrap().with_sent(sent).unwrap()
}

#[test]
fn what_is_sent_of_entities_decides_as_it_does_in_a_request() {
    let (file, ada) = (("Notebook::File", "ada//in/x.csv"), ("Notebook::User", "ada"));
    let of_file = [("owner", Given::Entity(ada)), ("path", Given::Text("in/x.csv"))];
    let over = Sent { uid: file, attributes: &of_file, whole: None };
    let left = [("status", Given::Text("left"))];
    let readers = [("Notebook::Group", "readers")];
    let reader =
        Sent { uid: ada, attributes: &[], whole: Some(Rest { tags: &[], parents: &readers }) };
    let gone = Sent { whole: Some(Rest { tags: &left, parents: &readers }), ..reader };
    // In the place of the stored file, whose sensitivity is then not known.
    let elsewhere = [("path", Given::Text("out/x.csv"))];
    let bare = Sent { uid: file, attributes: &elsewhere, whole: Some(Rest::default()) };
    let cases: [(&[Sent<'_>], &[&str]); 6] = [
        (&[], &[]),
        (&[over], &["own"]),
        (&[reader], &["readers"]),
        (&[over, reader], &["own", "readers"]),
        (&[over, gone], &["tagged"]),
        (&[bare, reader], &[]),
    ];
    let memory = Arc::new(Memory::new(64));
    for cross_check in [CrossCheck::Off, CrossCheck::Always] {
        let options = Options { cross_check, ..Options::default() };
        let pdp = sent_pdp(Some(Arc::clone(&memory)), options);
        for (sent, reason) in &cases {
            let question = read("ada", sent);
            assert!(pdp.snapshot().admits(&question), "{sent:?}");
            let asked = pdp.ask(&question, &mut Scratch::default()).unwrap().to_response();
            let found: Vec<String> = asked.reason().iter().map(ToString::to_string).collect();
            assert_eq!(found, *reason, "{sent:?}");
            let request = question.to_builder().unwrap().build(&pdp.shape()).unwrap();
            let whole = pdp.authorize(&request);
            assert_eq!((whole.reason(), whole.errors()), (asked.reason(), asked.errors()));
            // Both are written down alike.
            let line = |record: &notegate::Record| -> serde_json::Value {
                let mut line: serde_json::Value =
                    serde_json::from_str(&record.to_json().unwrap()).unwrap();
                for own in ["decision_id", "time_taken_ns"] {
                    line.as_object_mut().unwrap().remove(own).unwrap();
                }
                line
            };
            let records = memory.take();
            assert_eq!(records.len(), 2);
            assert_eq!(line(&records[0]), line(&records[1]));
            assert_eq!(records[0].response().decision_id(), asked.decision_id());
        }
        assert_eq!(pdp.mismatches(), 0);
    }
}

#[test]
fn what_is_sent_of_entities_is_held_against_schema_and_limits() {
    let pdp = sent_pdp(None, Options::default());
    let (file, ada) = (("Notebook::File", "ada//in/x.csv"), ("Notebook::User", "ada"));
    let kind = |sent: &[Sent<'_>]| {
        let error = pdp.ask(&read("ada", sent), &mut Scratch::default()).unwrap_err();
        (error.kind(), error.to_string())
    };
    let rest = Rest::default();
    let long = "x".repeat(Limits::default().id_bytes + 1);
    let many = vec!["x"; Limits::default().request_entities + 1];
    let names: Vec<String> = (0..many.len()).map(|at| at.to_string()).collect();
    let crowd: Vec<Sent<'_>> = names
        .iter()
        .map(|name| Sent { uid: ("Notebook::User", name), attributes: &[], whole: None })
        .collect();
    let number = [("path", Given::Long(1))];
    let unknown = [("colour", Given::Text("red"))];
    let users = [("Notebook::User", "eve")];
    let tagged = [("note", Given::Long(1))];
    let wrong: [(&str, RequestErrorKind, &[Sent<'_>]); 9] = [
        (
            "missing attribute",
            RequestErrorKind::Entities,
            &[Sent { uid: file, attributes: &[], whole: Some(rest) }],
        ),
        (
            "wrong tag",
            RequestErrorKind::Entities,
            &[Sent { uid: ada, attributes: &[], whole: Some(Rest { tags: &tagged, ..rest }) }],
        ),
        (
            "wrong value",
            RequestErrorKind::Entities,
            &[Sent { uid: file, attributes: &number, whole: None }],
        ),
        (
            "unknown attribute",
            RequestErrorKind::Entities,
            &[Sent { uid: file, attributes: &unknown, whole: Some(rest) }],
        ),
        (
            "unknown type",
            RequestErrorKind::Entities,
            &[Sent { uid: ("Lab::Robot", "r2"), attributes: &[], whole: None }],
        ),
        (
            "wrong parent",
            RequestErrorKind::Entities,
            &[Sent { uid: ada, attributes: &[], whole: Some(Rest { parents: &users, ..rest }) }],
        ),
        (
            "no name",
            RequestErrorKind::EntityUid,
            &[Sent { uid: ("no name", "x"), attributes: &[], whole: None }],
        ),
        (
            "long",
            RequestErrorKind::Limit,
            &[Sent { uid: ("Notebook::User", &long), attributes: &[], whole: None }],
        ),
        ("many", RequestErrorKind::Limit, &crowd),
    ];
    assert!(pdp.snapshot().admits(&read("ada", &[])));
    for (what, expected, sent) in wrong {
        assert!(!pdp.snapshot().admits(&read("ada", sent)), "{what}");
        let (kind, message) = kind(sent);
        assert_eq!(kind, expected, "{what}: {message}");
    }
    let twice = Sent { uid: ada, attributes: &[], whole: None };
    let question = read("ada", &[]);
    let error = question.with_sent(&[twice, twice]).unwrap_err();
    assert!(error.to_string().contains("sent twice"), "{error}");
    assert!(question.with_sent(&[twice, Sent { whole: Some(rest), ..twice }]).is_ok());
    let keys = [("path", Given::Long(1)), ("path", Given::Long(2))];
    assert!(question.with_sent(&[Sent { attributes: &keys, ..twice }]).is_err());
    let address = "10.0.0.1".parse().unwrap();
    let wide = [("sourceIp", Given::Address { address, prefix: 33 })];
    assert!(Question::new(ada, ("Notebook::Action", "contents:read"), ada, &wide).is_err());
}

#[test]
fn entities_that_close_the_hierarchy_to_a_cycle_deny() {
    let pdp = sent_pdp(None, Options::default());
    let (one, two) = ([("Notebook::Group", "one")], [("Notebook::Group", "two")]);
    let group =
        |uid, parents| Sent { uid, attributes: &[], whole: Some(Rest { tags: &[], parents }) };
    let tenant = [group(("Notebook::Group", "one"), &two), group(("Notebook::Group", "two"), &one)];
    match pdp.ask(&read("ada", &tenant), &mut Scratch::default()) {
        Ok(decided) => assert!(!decided.allowed()),
        Err(error) => assert_eq!(error.kind(), RequestErrorKind::Entities),
    }
}

#[test]
fn a_fact_that_no_policy_looks_at_is_known_to_be_such() {
    let looks = |policy: &str| {
        let members = [("a.cedar".to_owned(), policy.as_bytes().to_vec())];
        let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
        Pdp::new(&bundle).unwrap().snapshot().looks_at("sourceIp")
    };
    let when = |condition: &str| {
        let action = r#"action == Notebook::Action::"hub:view""#;
        looks(&format!("permit (principal, {action}, resource) when {{ {condition} }};"))
    };
    let all = "permit (principal, action, resource);";
    assert!(!looks(all));
    // A schema in the place of the shipped one may ask for it.
    let loose = Loose { policies: vec![("a.cedar".to_owned(), all.into())], ..Loose::default() };
    let own = Bundle::from_loose(loose, &Limits::default()).unwrap();
    assert!(Pdp::new(&own).unwrap().snapshot().looks_at("sourceIp"));
    assert!(!when("context has mfa && context.mfa"));
    assert!(!when(r#"context has purpose && context.purpose == "sourceIp""#));
    for condition in [
        "context has sourceIp",
        r#"context["now"] == context.now && context has "sourceIp""#,
        "context has sourceIp && context.sourceIp.isLoopback()",
        "[context].contains(context)",
        "(if true then context else context).now == context.now",
    ] {
        assert!(when(condition), "{condition}");
    }
}

#[test]
fn of_questions_all_must_be_allowed_and_none_behind_the_first_that_is_not_is_asked() {
    let clock = Hand(Arc::new(AtomicI64::new(0)), Arc::default());
    let pdp = pdp(&clock, OnExpiry::Keep, Options::default());
    let hub = ("Notebook::Hub", "main");
    let question = |name, context| {
        Question::new(("Notebook::User", name), ("Notebook::Action", "hub:login"), hub, context)
    };
    let (yes, no) = ([("mfa", Given::Bool(true))], [("mfa", Given::Bool(false))]);
    let mut asked = Vec::new();
    let mut all = |questions: Vec<_>| {
        asked.clear();
        let seen =
            |place, _: &Question<'_>, decided: &Decided| asked.push((place, decided.allowed()));
        let all = pdp.ask_all(questions, &mut Scratch::default(), seen);
        (all, asked.clone())
    };
    let (allowed, asked) = all(vec![question("ada", &yes), question("bob", &yes)]);
    let allowed = allowed.unwrap();
    assert_eq!((allowed.decision_ids().len(), asked), (2, vec![(0, true), (1, true)]));
    assert!(allowed.decision_ids()[0] < allowed.decision_ids()[1]);
    let (denied, asked) =
        all(vec![question("ada", &yes), question("ada", &no), question("ada", &yes)]);
    assert!(matches!(denied, Err(NotAllowed::Denied(1, _))), "{denied:?}");
    assert_eq!(asked, [(0, true), (1, false)]);
    let unfit = [("mfa", Given::Long(1))];
    let (undecided, asked) = all(vec![question("ada", &yes), question("ada", &unfit)]);
    assert!(matches!(undecided, Err(NotAllowed::Undecided(1, _))), "{undecided:?}");
    assert_eq!(asked, [(0, true)]);
    let (nothing, asked) = all(Vec::new());
    assert!(matches!(nothing, Err(NotAllowed::Nothing)) && asked.is_empty());
}

#[test]
fn obligations_of_several_questions_are_one() {
    let policies = r#"
        @obligation_max_cpu("2") @obligation_note("a")
        permit (principal, action == Notebook::Action::"hub:view", resource);
        @obligation_max_cpu("1")
        permit (principal, action == Notebook::Action::"hub:login", resource);
        @obligation_note("b")
        permit (principal, action == Notebook::Action::"hub:logout", resource);
    "#;
    let members = [("a.cedar".to_owned(), policies.as_bytes().to_vec())];
    let pdp = Pdp::new(&Bundle::from_members(members, &Limits::default()).unwrap()).unwrap();
    let all = |actions: &[&str]| {
        let questions = actions.iter().map(|action| {
            let hub = ("Notebook::Hub", "main");
            Question::new(("Notebook::User", "ada"), ("Notebook::Action", *action), hub, &[])
        });
        pdp.ask_all(questions, &mut Scratch::default(), |_, _, _| ())
    };
    let both = all(&["hub:view", "hub:login"]).unwrap();
    let both: Vec<_> = both.obligations().iter().collect();
    assert_eq!(both, [("max_cpu", "1"), ("note", "a")]);
    let conflict = all(&["hub:view", "hub:logout"]);
    assert!(matches!(conflict, Err(NotAllowed::Conflict(1, _))), "{conflict:?}");
}
