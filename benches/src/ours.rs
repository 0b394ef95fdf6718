//! A world as ours.

use std::error::Error;

use cedar_policy::{Policy, PolicySet};
use notegate::adapters::json::RequestJson;
use notegate::bundle::Loose;
use notegate::engine::{Options, Prepared, SCHEMA, Scratch};
use notegate::model::{Decision, Limits};
use notegate::pdp::SystemClock;
use notegate::request::{Given, Question};
use notegate::{Bundle, Pdp, Request, Snapshot};
use notegate_worlds::{SEED, World, cedar};

/// A decision point with what is asked of it.
#[derive(Debug)]
pub struct Ours {
    /// Holds the snapshot.
    pub pdp: Pdp,
    /// The questions as requests.
    pub requests: Vec<Request>,
    /// The questions in strings.
    texts: Vec<Text>,
}

/// One thread's way to ask: it has memory of its own.
#[derive(Debug)]
pub struct Asking<'a> {
    ours: &'a Ours,
    snapshot: &'a Snapshot,
}

#[derive(Debug)]
struct Text {
    principal: String,
    action: &'static str,
    resource: String,
    context: [(&'static str, Given<'static>); 2],
}

/// In so many files are the policies of a world.
const FILES: usize = 20;

impl Ours {
    /// Loads a world.
    ///
    /// # Errors
    /// When it is refused, with the reason.
    pub fn new(world: &World) -> Result<Self, Box<dyn Error>> {
        Self::asked(world, Self::load(Self::texts(world)?)?)
    }

    /// The texts of a world, as an author has them: policies in the language's own form, in files.
    ///
    /// # Errors
    /// When a policy has no text.
    pub fn texts(world: &World) -> Result<Loose, Box<dyn Error>> {
        let file = |name: &str, text: String| (name.to_owned(), text.into_bytes());
        let set = PolicySet::from_json_str(cedar::policies(world))?;
        let mut policies: Vec<&Policy> = set.policies().collect();
        policies.sort_by_key(|policy| policy.id());
        let texts = policies.into_iter().map(Policy::to_cedar).collect::<Option<Vec<_>>>();
        let texts = texts.ok_or("a policy has no text")?;
        let files = texts.chunks(texts.len().div_ceil(FILES).max(1)).zip(0..);
        let files = files.map(|(texts, at)| file(&format!("{at:02}.cedar"), texts.join("\n")));
        Ok(Loose {
            policies: files.collect(),
            schema: Some(file("notebook.cedarschema", SCHEMA.to_owned())),
            entities: Some(file("entities.json", cedar::entities(world))),
            links: None,
        })
    }

    /// From texts to a decision point that decides.
    ///
    /// # Errors
    /// When they are refused, with the reason.
    pub fn load(texts: Loose) -> Result<Pdp, Box<dyn Error>> {
        let bundle = Bundle::from_loose(texts, &Self::options().limits)?;
        let builder = Pdp::builder(SystemClock::default(), SEED).options(Self::options());
        Ok(builder.open(&bundle)?)
    }

    /// As shipped, with room for what is measured.
    #[must_use]
    pub fn options() -> Options {
        let limits = Limits {
            policy_operators: usize::MAX,
            bundle_bytes: 1 << 30,
            member_bytes: 1 << 30,
            ..Limits::default()
        };
        Options { limits, ..Options::default() }
    }

    /// A world's questions, for a decision point that holds the world.
    ///
    /// # Errors
    /// When a question is refused, with the reason.
    pub fn asked(world: &World, pdp: Pdp) -> Result<Self, Box<dyn Error>> {
        let shape = pdp.shape();
        let read = |question| RequestJson::read(&cedar::request(question), &shape);
        let requests = world.questions.iter().map(read).collect::<Result<_, _>>()?;
        let texts = world.questions.iter().map(|question| Text {
            principal: cedar::person_id(question.person),
            action: cedar::action(question.writes),
            resource: cedar::dataset_id(question.dataset),
            context: [
                ("now", Given::DateTime(cedar::NOW_MILLIS)),
                ("mfa", Given::Bool(question.mfa)),
            ],
        });
        Ok(Self { requests, texts: texts.collect(), pdp })
    }

    /// A way to ask of this snapshot, which the decision point holds.
    #[must_use]
    pub fn asking<'a>(&'a self, snapshot: &'a Snapshot) -> Asking<'a> {
        Asking { ours: self, snapshot }
    }
}

impl<'a> Asking<'a> {
    /// Whether the question at this place is allowed, asked in strings.
    ///
    /// # Panics
    /// When there is none, or it has no form.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a bench stops at what is wrong")]
    pub fn strings(&mut self, at: usize) -> bool {
        let text = self.ours.texts.get(at).expect("there is such a question");
        let question = Question::new(
            (cedar::USER, text.principal.as_str()),
            (cedar::ACTION, text.action),
            (cedar::DATASET, text.resource.as_str()),
            &text.context,
        );
        let question = question.expect("the context has each key once");
        self.snapshot.answer(&question).decision() == Decision::Allow
    }

    /// The questions, prepared.
    #[must_use]
    pub fn prepared(&self, scratch: &'a Scratch) -> Vec<Prepared<'a>> {
        let requests = self.ours.requests.iter();
        requests.map(|request| self.snapshot.prepare(request, scratch)).collect()
    }

    /// Whether the question at this place is allowed, asked as a request of the decision point.
    #[must_use]
    pub fn request(&self, at: usize) -> bool {
        self.ours.requests.get(at).is_some_and(|request| self.ours.pdp.authorize(request).allowed())
    }

    /// How many of these requests are allowed, decided together.
    #[must_use]
    pub fn batch(&self, requests: &[Request]) -> usize {
        let outcomes = self.snapshot.evaluate_batch(requests);
        outcomes.iter().filter(|outcome| outcome.decision == Decision::Allow).count()
    }
}
