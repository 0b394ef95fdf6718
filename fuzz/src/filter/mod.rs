//! The filter of proxies on a host in memory: whatever comes, it does not panic, and nothing goes on without a
//! decision that allows.

mod draw;
mod exchange;
mod judge;
mod setup;

use std::time::Duration;

use notegate_proxy::Door;
use notegate_proxy::memory::MemoryHost;

use crate::generator::{Choices, Compared};
use exchange::Asked;
use judge::Judge;
use setup::Setup;

/// The beginning of December 2026.
const NOW: Duration = Duration::from_secs(1_796_083_200);

/// How many requests one configuration gets at the most.
const REQUESTS: usize = 60;

/// # Errors
/// With what went on though nothing allows it, or was neither answered nor passed on.
pub(crate) fn check(bytes: &[u8]) -> Result<Compared, String> {
    let choices = &mut Choices::new(bytes);
    match choices.below(6) {
        5 => spoilt(choices),
        4 => servers(choices),
        _ => requests(choices),
    }
}

/// Requests to a filter whose configuration is good, each held against a judgement of its own.
fn requests(choices: &mut Choices<'_>) -> Result<Compared, String> {
    let (setup, host) = (Setup::draw(choices), MemoryHost::new(NOW));
    let door = Door::open(&host, &setup.written(choices));
    let door = door.ok_or_else(|| format!("refused: {}\n{:?}", setup.config, host.lines()))?;
    let (door, judge) = (door.into(), Judge::new(&setup)?);
    let mut compared = Compared::default();
    for _ in 0..REQUESTS {
        if choices.is_empty() {
            break;
        }
        let asked = Asked::draw(choices, &setup);
        let passed = exchange::send(choices, &door, &host, &asked)
            .and_then(|passed| judge.holds(&setup, &asked, &host, passed).map(|()| passed));
        let passed = passed.map_err(|why| format!("{why}\n{asked:#?}\n{}", setup.config))?;
        compared.requests += 1;
        compared.answers += 1;
        compared.allowed += usize::from(passed);
    }
    Ok(compared)
}

/// A configuration that is no longer what it was: refused, or as good as any other.
fn spoilt(choices: &mut Choices<'_>) -> Result<Compared, String> {
    let (setup, host) = (Setup::draw(choices), MemoryHost::new(NOW));
    let mut config = setup.written(choices);
    draw::spoil(choices, &mut config);
    let Some(door) = Door::open(&host, &config) else {
        let told = host.lines().iter().any(|(_, line)| line.contains("configuration_refused"));
        let refused = Compared { refused: 1, ..Compared::default() };
        return told.then_some(refused).ok_or_else(|| "refused without a word".to_owned());
    };
    let (door, mut compared) = (door.into(), Compared::default());
    for _ in 0..8 {
        let asked = Asked::draw(choices, &setup);
        // What it is now to decide nobody knows; that it answers or passes on is all there is to see.
        exchange::send(choices, &door, &host, &asked)
            .map_err(|why| format!("{why}\n{asked:#?}"))?;
        compared.requests += 1;
    }
    Ok(compared)
}

/// A server from which nothing comes that is signed: whatever it answers, what was in force stays.
fn servers(choices: &mut Choices<'_>) -> Result<Compared, String> {
    let (setup, host) = (Setup::polling(choices), MemoryHost::new(NOW));
    let door = Door::open(&host, setup.config.to_string().as_bytes());
    let door = door.ok_or_else(|| format!("refused: {:?}", host.lines()))?;
    let (before, mut compared) = (door.status().revision, Compared::default());
    for _ in 0..20 {
        host.pass(Duration::from_secs(draw::seconds(choices)));
        door.tick(&host);
        if choices.chance(20) {
            host.spoil("notegate.");
        }
        let (headers, body) = draw::answer(choices);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        host.answered(&headers, &body);
        door.fetched(&host, choices.chance(90));
        compared.answers += 1;
        if door.status().revision != before {
            return Err(format!("in force now, and not signed: {headers:?} {body:?}"));
        }
    }
    Ok(compared)
}
