//! A table of routes, looked up by what a path begins with.

use std::borrow::Cow;

use super::pattern::{Captures, Pattern};
use super::routes::{METHODS, Row};

/// A table of routes with its patterns taken apart.
#[derive(Debug, Clone)]
pub(super) struct Table {
    routes: Vec<Route>,
    /// By the first segment of the path.
    firsts: Vec<(&'static str, First)>,
    /// For a path that begins with none of them.
    others: Places,
}

/// The routes that a path may take that begins in one way.
#[derive(Debug, Clone)]
struct First {
    /// By the second segment.
    seconds: Vec<(&'static str, Places)>,
    /// For a path whose second segment is none of them, or that has none.
    others: Places,
}

#[derive(Debug, Clone)]
struct Route {
    row: &'static Row,
    pattern: Pattern,
    /// Which of [`METHODS`] it has.
    methods: [bool; METHODS.len()],
}

/// Of routes in the table, in its order.
type Places = Box<[usize]>;

impl Table {
    pub(super) fn new(rows: &'static [Row]) -> Self {
        let routes: Vec<Route> = rows.iter().map(Route::new).collect();
        let begins: Vec<_> = routes.iter().map(|route| route.pattern.begins()).collect();
        let places = |fits: &dyn Fn([Option<&str>; 2]) -> bool| -> Places {
            let fitting = begins.iter().enumerate().filter(|(_, begins)| fits(**begins));
            fitting.map(|(place, _)| place).collect()
        };
        let is = |text: Option<&str>, segment| text.is_none_or(|text| text == segment);
        let seconds = |first| {
            let below = begins.iter().filter(|begins| is(begins[0], first));
            let seconds = each(below.filter_map(|begins| begins[1])).into_iter();
            let row =
                |second| (second, places(&|begins| is(begins[0], first) && is(begins[1], second)));
            seconds.map(row).collect()
        };
        let firsts = each(begins.iter().filter_map(|begins| begins[0])).into_iter();
        let firsts = firsts.map(|first| {
            let others = places(&|begins| is(begins[0], first) && begins[1].is_none());
            (first, First { seconds: seconds(first), others })
        });
        Self { firsts: firsts.collect(), others: places(&|begins| begins[0].is_none()), routes }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.routes.iter().map(|route| route.row)
    }

    /// The first row that fits, and what the path has in the places that its pattern names.
    pub(super) fn find<'p>(
        &self,
        path: &'p [Cow<'p, str>],
        method: usize,
        slash: bool,
    ) -> Option<(&'static Row, Captures<'p>)> {
        let mut routes = self.places(path).iter().filter_map(|place| self.routes.get(*place));
        routes.find_map(|route| {
            let has = route.methods.get(method).is_some_and(|has| *has);
            let captures = has.then(|| route.pattern.captures(path, slash))??;
            Some((route.row, captures))
        })
    }

    /// Where the routes are that a path may take, by its first two segments.
    fn places(&self, path: &[Cow<'_, str>]) -> &[usize] {
        let first = path.first().and_then(|first| among(&self.firsts, first));
        let Some(first) = first else { return &self.others };
        let second = path.get(1).and_then(|second| among(&first.seconds, second));
        second.unwrap_or(&first.others)
    }
}

impl Route {
    /// Whoever may get something may ask for its head.
    fn new(row: &'static Row) -> Self {
        let has = |method: &str| row.methods.split(' ').any(|known| known == method);
        let methods = METHODS.map(|method| has(method) || (method == "HEAD" && has("GET")));
        Self { row, pattern: Pattern::new(row.pattern), methods }
    }
}

/// What there is under a text; the texts are few, and mostly of other lengths.
fn among<'t, T>(all: &'t [(&'static str, T)], text: &str) -> Option<&'t T> {
    all.iter().find(|(known, _)| *known == text).map(|(_, there)| there)
}

fn each(texts: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut each: Vec<_> = texts.collect();
    each.sort_unstable();
    each.dedup();
    each
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::jupyter::routes::{GATEWAY, HUB, SERVER};

    #[test]
    fn looking_up_finds_the_first_row_that_fits() {
        for rows in [HUB, SERVER, GATEWAY] {
            let table = Table::new(rows);
            let texts = rows.iter().flat_map(|row| row.pattern.split('/')).chain(["", "x", "0"]);
            let texts = each(texts.map(|text| text.trim_end_matches('!')));
            for (first, second) in
                texts.iter().flat_map(|one| texts.iter().map(move |two| (one, two)))
            {
                for rest in [&[][..], &["x"], &["users"], &["checkpoints", "y"]] {
                    let path = [first, second].into_iter().chain(rest);
                    let path: Vec<_> =
                        path.filter(|one| !one.is_empty()).map(|one| Cow::Borrowed(*one)).collect();
                    for (method, _) in METHODS.iter().enumerate() {
                        let found = table.find(&path, method, false).map(|(row, _)| row.pattern);
                        let mut all = table.routes.iter().filter(|route| route.methods[method]);
                        let fits = |route: &&Route| route.pattern.captures(&path, false).is_some();
                        assert_eq!(
                            found,
                            all.find(fits).map(|route| route.row.pattern),
                            "{path:?}"
                        );
                    }
                }
            }
        }
    }
}
