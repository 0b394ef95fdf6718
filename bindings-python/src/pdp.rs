//! The decision point, held by Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use notegate::model::{self, uid_from_parts};
use notegate::request::{Question, RequestBuilder};
use pyo3::Borrowed;
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::arena;
use crate::bundle::Given;
use crate::cast::instance;
use crate::entity;
use crate::error::{NotegateError, exception};
use crate::event::Telling;
use crate::open::{Opening, Settings};
use crate::place::Place;
use crate::process::{self, Threaded};
use crate::records::Records;
use crate::response::Response;
use crate::status::Status;
use crate::uid::{self, Handle, NAMESPACE, Uid};
use crate::value::{Reader, entries, not_a_dict};

/// A policy decision point: decides against the bundle in force.
///
/// Everything here may be called from any thread. Leave it, or call `close`, to end its threads.
#[pyclass(frozen, weakref, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Pdp {
    /// None once it is closed, and until it is first used in a process that was forked.
    live: Arc<ArcSwapOption<Threaded<notegate::Pdp>>>,
    /// What was in force when this process was forked, while nobody has used it here.
    asleep: ArcSwapOption<Threaded<notegate::Pdp>>,
    /// Whoever uses it first here; only ever held with the interpreter, under which processes are forked.
    waking: Mutex<()>,
    telling: Telling,
    records: Option<Arc<Records>>,
    opening: Arc<Opening>,
    /// The arguments of `open`, which are what is pickled.
    arguments: Py<PyDict>,
}

#[pymethods]
impl Pdp {
    /// Opens a bundle and, unless told otherwise, follows it.
    ///
    /// `bundle` is the path of a folder or of a packed bundle, an address (`https://`, `s3://`, `gs://`,
    /// `az://`), or the bytes of a packed bundle. `keys` are PEM files of the public keys that may sign
    /// it; without any, what is unsigned is accepted. `grants` come by themselves, from a path, an
    /// address or bytes. `state` is a folder in which the last good bundle and the highest sequence
    /// survive a restart. `records` is the file to which a line of JSON is added for each decision, `-`
    /// for standard error, or a callable that takes a line. `on_expiry` is `keep` or `deny`,
    /// `evaluator` is `compiled` or `reference`, `errors` is `deny` or `cedar`; one in `cross_check`
    /// decisions is compared with the official evaluator's, 0 for none.
    ///
    /// Raises `LoadError` when what is there is refused. Takes time in proportion to the policies and
    /// entities; other threads go on meanwhile.
    #[staticmethod]
    #[pyo3(signature = (
        bundle, *, keys=Vec::new(), grants=None, state=None, records=None, watch=true, on_expiry="keep",
        require_tests=false, cross_check=0, evaluator="compiled", errors="deny"
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn open<'py>(
        bundle: &Bound<'py, PyAny>,
        keys: Vec<PathBuf>,
        grants: Option<Bound<'py, PyAny>>,
        state: Option<PathBuf>,
        records: Option<Bound<'py, PyAny>>,
        watch: bool,
        on_expiry: &str,
        require_tests: bool,
        cross_check: u32,
        evaluator: &str,
        errors: &str,
    ) -> PyResult<Bound<'py, Self>> {
        let py = bundle.py();
        let arguments = PyDict::new(py);
        arguments.set_item("bundle", bundle)?;
        arguments.set_item("keys", &keys)?;
        arguments.set_item("grants", &grants)?;
        arguments.set_item("state", &state)?;
        arguments.set_item("records", &records)?;
        arguments.set_item("watch", watch)?;
        arguments.set_item("on_expiry", on_expiry)?;
        arguments.set_item("require_tests", require_tests)?;
        arguments.set_item("cross_check", cross_check)?;
        arguments.set_item("evaluator", evaluator)?;
        arguments.set_item("errors", errors)?;
        let settings = Settings { on_expiry, evaluator, errors, cross_check, require_tests, watch };
        let opening = Opening::read(bundle, grants.as_ref(), keys, state, &settings)?;
        let telling = Telling::default();
        let records = records.as_ref().map(Records::start).transpose()?.map(Arc::new);
        let seed = seed()?;
        let opened = py.detach(|| opening.open(seed, &telling, records.as_ref()));
        let pdp = opened.map_err(|error| exception(py, error))?;
        let live = Arc::new(ArcSwapOption::from_pointee(Threaded::new(pdp)));
        let (opening, arguments) = (Arc::new(opening), arguments.unbind());
        let (asleep, waking) = (ArcSwapOption::empty(), Mutex::default());
        let pdp = Self { live, asleep, waking, telling, records, opening, arguments };
        let pdp = Bound::new(py, pdp)?;
        process::remember(&pdp)?;
        Ok(pdp)
    }

    /// Decides one question: may this principal take this action on this resource, in this context?
    ///
    /// A principal or resource is a pair of type and id, a `Uid` or a `Handle`; an action is its name.
    /// `context` is a dict. `entities` take the place of stored ones for this question alone;
    /// `attributes`, a dict from uids to dicts, go over those that are stored.
    ///
    /// Raises `RequestError` when the question does not fit the schema or a limit, and `TypeError` for
    /// what is no value of a policy: who enforces denies then. Takes time in proportion to the policies
    /// whose scope fits; the interpreter is kept meanwhile.
    #[pyo3(signature = (principal, action, resource, context=None, *, entities=None, attributes=None))]
    fn authorize<'py>(
        &self,
        principal: &Bound<'py, PyAny>,
        action: &Bound<'py, PyAny>,
        resource: &Bound<'py, PyAny>,
        context: Option<&Bound<'py, PyAny>>,
        entities: Option<&Bound<'py, PyAny>>,
        attributes: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Response>> {
        let py = principal.py();
        let mut live = self.live.load();
        if live.is_none() {
            self.wake();
            live = self.live.load();
        }
        let pdp = live.as_ref().ok_or_else(closed)?;
        let asked = [principal, action, resource].map(Bound::as_borrowed);
        let entities = entities.map(entity::listed).transpose()?;
        let attributes = match attributes {
            Some(attributes) => match attributes.cast::<PyDict>() {
                Ok(attributes) => Some(entries(attributes)),
                Err(_) => return Err(not_a_dict("attributes", attributes)),
            },
            None => None,
        };
        arena::with(|arena, scratch| {
            let reader = Reader::new(arena);
            let mut question = question(asked, context.map(Bound::as_borrowed), &reader)?;
            if entities.is_some() || attributes.is_some() {
                let sent =
                    entity::sent(entities.as_deref(), attributes.as_deref(), &reader, arena)?;
                question = question.with_sent(sent).map_err(|error| exception(py, error))?;
            }
            match pdp.ask(&question, scratch) {
                Ok(decided) => Bound::new(py, Response::new(py, decided)),
                Err(error) => Err(exception(py, error)),
            }
        })
    }

    /// Decides many questions, each a tuple of principal, action, resource and, where there is one,
    /// context. All are decided by what is in force at one moment.
    ///
    /// Raises as `authorize` does, of the first question that is wrong: deny all of them then. Other
    /// threads go on meanwhile.
    fn authorize_batch<'py>(&self, questions: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = questions.py();
        let pdp = self.live()?;
        let given = questions.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let decided = arena::with(|arena, scratch| {
            let mut questions = Vec::with_capacity(given.len());
            for (at, given) in given.iter().enumerate() {
                let (asked, context) = parts(at, given)?;
                questions.push(question(asked, context, &Reader::new(arena))?);
            }
            let decided = py.detach(|| pdp.ask_each(&questions, scratch));
            decided.map_err(|error| exception(py, error))
        })?;
        PyList::new(py, decided.into_iter().map(|decided| Response::new(py, decided)))
    }

    /// The stored entities of a type on which this principal may take this action, in the order of
    /// their ids.
    ///
    /// Raises as `authorize` does. Takes time in proportion to the stored entities of the type; other
    /// threads go on meanwhile.
    #[pyo3(signature = (principal, action, r#type, context=None))]
    fn permitted(
        &self,
        principal: &Bound<'_, PyAny>,
        action: &Bound<'_, PyAny>,
        r#type: &str,
        context: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<Uid>> {
        let py = principal.py();
        let pdp = self.live()?;
        let any = uid_from_parts(r#type, "", Some(NAMESPACE));
        let any = any.map_err(|error| exception(py, error))?;
        let resource = Bound::new(py, Uid::of(&any))?.into_any();
        let asked = [principal, action, &resource].map(Bound::as_borrowed);
        let request = arena::with(|arena, _| {
            let reader = Reader::new(arena);
            builder(&question(asked, context.map(Bound::as_borrowed), &reader)?, py)
        })?;
        let request = request.build(&pdp.shape()).map_err(|error| exception(py, error))?;
        let permitted = py.detach(|| pdp.permitted(&request, any.type_name()));
        Ok(permitted.iter().map(Uid::of).collect())
    }

    /// Looks up an entity that is asked about often.
    fn prepare(&self, py: Python<'_>, r#type: &str, id: &str) -> PyResult<Handle> {
        let uid = uid_from_parts(r#type, id, Some(NAMESPACE));
        let uid = Uid::of(&uid.map_err(|error| exception(py, error))?);
        let (type_name, id) = uid.parts();
        Ok(Handle(self.live()?.snapshot().handle(type_name, id)))
    }

    /// Puts a bundle in force, from a path or from bytes, and gives its revision.
    ///
    /// Raises `LoadError` when it is refused: the last good one stays in force. Decisions under way
    /// finish on what they started with. Other threads go on meanwhile.
    fn activate(&self, bundle: &Bound<'_, PyAny>) -> PyResult<String> {
        let py = bundle.py();
        let pdp = self.live()?;
        let given = Given::read("bundle", bundle)?;
        let activated = py.detach(|| {
            let bundle = given.bundle(&self.opening.trust()?, &self.opening.limits())?;
            pdp.activate(&bundle)
        });
        activated
            .map(|revision| revision.to_string())
            .map_err(|error: model::LoadError| exception(py, error))
    }

    /// How what is in force stands, now.
    #[getter]
    fn status(&self) -> PyResult<Status> {
        let pdp = self.live()?;
        Ok(Status { standing: pdp.status(), mismatches: pdp.mismatches(), records: pdp.records() })
    }

    /// Whether a policy in force may look at a fact of the context, such as `bytes`: a caller to whom a fact is dear
    /// need not gather it for policies that look at none.
    fn looks_at(&self, fact: &str) -> PyResult<bool> {
        Ok(self.live()?.snapshot().looks_at(fact))
    }

    /// Calls back with an `Event` for whatever happens to what is in force from now on, on a thread of
    /// its own.
    fn watch(&self, callback: Py<PyAny>) -> PyResult<()> {
        self.live()?;
        Ok(self.telling.also(callback)?)
    }

    /// Has the sources looked at now, and not only when their time comes. Waits for nothing.
    fn look(&self) -> PyResult<()> {
        self.live()?.look();
        Ok(())
    }

    /// Ends what follows the bundle, and writes the records that wait. Nothing is decided afterwards.
    pub(crate) fn close(&self, py: Python<'_>) {
        py.detach(|| self.end());
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.live.load().is_none() && self.asleep.load().is_none()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&Py<PyDict>,))> {
        let reopen = py.import("notegate._native")?.getattr("reopen")?;
        Ok((reopen, (&self.arguments,)))
    }

    fn __repr__(&self) -> String {
        match self.live() {
            Err(_) => "<notegate.Pdp, closed>".to_owned(),
            Ok(pdp) => {
                let status = pdp.status();
                format!("<notegate.Pdp {:?}, {}>", status.name, status.revision)
            }
        }
    }
}

impl Pdp {
    fn live(&self) -> PyResult<Arc<Threaded<notegate::Pdp>>> {
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        self.wake();
        self.live.load_full().ok_or_else(closed)
    }

    fn end(&self) {
        drop(self.asleep.swap(None));
        drop(self.live.swap(None));
        if let Some(records) = &self.records {
            records.close();
        }
    }

    /// This process was forked just now.
    ///
    /// Nothing is started before it is used here: most that are forked run another program at once, and
    /// close whatever is open first.
    pub(crate) fn forked(&self) {
        if let Some(old) = self.live.swap(None) {
            self.asleep.store(Some(old));
        }
    }

    /// Goes on in a process that was forked, as an instance of its own with threads of its own.
    ///
    /// Until what is followed was opened again, what was in force at the fork decides.
    fn wake(&self) {
        let _waking = self.waking.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(old) = self.asleep.load_full() else { return };
        // Decisions of two processes must not have one name.
        let Ok(seed) = getrandom::u64() else { return };
        old.rename(seed);
        if let Some(records) = &self.records {
            records.forked();
        }
        // Whoever is told of events is told by the next process that can start a thread.
        _ = self.telling.forked();
        self.live.store(Some(Arc::clone(&old)));
        if self.asleep.swap(None).is_none() {
            // It was closed meanwhile.
            self.end();
            return;
        }
        if self.opening.follows() {
            let (live, telling) = (Arc::clone(&self.live), self.telling.clone());
            let (opening, records) = (Arc::clone(&self.opening), self.records.clone());
            let resume = move || resume(&live, &old, &opening, &telling, records.as_ref());
            let named = std::thread::Builder::new().name("notegate-resume".to_owned());
            _ = named.spawn(resume);
        }
    }
}

impl Drop for Pdp {
    fn drop(&mut self) {
        // Its threads may wait for the interpreter, which whoever drops it holds.
        if Python::try_attach(|py| py.detach(|| self.end())).is_none() {
            std::mem::forget(self.live.swap(None));
        }
    }
}

/// Follows again what a parent's thread followed.
fn resume(
    live: &ArcSwapOption<Threaded<notegate::Pdp>>,
    old: &Arc<Threaded<notegate::Pdp>>,
    opening: &Opening,
    telling: &Telling,
    records: Option<&Arc<Records>>,
) {
    while live.load().as_ref().is_some_and(|now| Arc::ptr_eq(now, old)) {
        if let Ok(seed) = getrandom::u64()
            && let Ok(pdp) = opening.open(seed, telling, records)
        {
            live.compare_and_swap(old, Some(Arc::new(Threaded::new(pdp))));
            return;
        }
        std::thread::sleep(AGAIN);
    }
}

/// How long a source that cannot be opened again is left alone.
const AGAIN: Duration = Duration::from_secs(5);

/// Opens a decision point with these arguments, which is what is pickled of one.
#[pyfunction]
pub(crate) fn reopen<'py>(arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    arguments.py().get_type::<Pdp>().call_method("open", (), Some(arguments))
}

fn seed() -> PyResult<u64> {
    getrandom::u64().map_err(|error| PyOSError::new_err(error.to_string()))
}

fn closed() -> PyErr {
    NotegateError::new_err("the decision point was closed; open it again to decide")
}

#[inline]
fn question<'a>(
    [principal, action, resource]: [Borrowed<'a, '_, PyAny>; 3],
    context: Option<Borrowed<'a, '_, PyAny>>,
    reader: &Reader<'a>,
) -> PyResult<Question<'a>> {
    let fields = match context {
        None => &[][..],
        Some(context) => match instance::<PyDict>(context) {
            Some(dict) => reader.fields(&dict, &Place::named("context"))?,
            None => return Err(not_a_dict("context", &context)),
        },
    };
    Question::new(
        uid::asked("principal", principal, reader.arena)?,
        uid::action(action, reader.arena)?,
        uid::asked("resource", resource, reader.arena)?,
        fields,
    )
    .map_err(|error| exception(principal.py(), error))
}

/// Principal, action and resource of one question of a batch, and its context.
type Parts<'a, 'py> = ([Borrowed<'a, 'py, PyAny>; 3], Option<Borrowed<'a, 'py, PyAny>>);

fn parts<'a, 'py>(at: usize, given: &'a Bound<'py, PyAny>) -> PyResult<Parts<'a, 'py>> {
    if let Ok(tuple) = given.cast::<PyTuple>()
        && let length @ (3 | 4) = tuple.len()
    {
        let part = |at| tuple.get_borrowed_item(at);
        let context = if length == 4 { Some(part(3)?) } else { None };
        return Ok(([part(0)?, part(1)?, part(2)?], context.filter(|context| !context.is_none())));
    }
    Err(PyTypeError::new_err(format!(
        "questions[{at}]: expected a tuple of principal, action, resource and maybe context"
    )))
}

fn builder(question: &Question<'_>, py: Python<'_>) -> PyResult<RequestBuilder> {
    question.to_builder().map_err(|error| exception(py, error))
}
